"""`manage.py workers list|stacks|quiet|listen|drain|stop|grow|shrink`."""

import getpass
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.queries import activity
from jobs.services import steering

WORDS = {
    "quiet": "Take nothing more.",
    "listen": "Take again from the queues that it left.",
    "drain": "Take nothing more, end all that was taken, then leave.",
    "stop": "End what runs, give back the rest, and leave.",
    "grow": "One more process or thread.",
    "shrink": "One fewer.",
}


class Command(BaseCommand):
    help = "Look at workers and steer them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        verbs.add_parser("list", help="Who has been there lately.")
        verbs.add_parser("stacks", help="What its processes are doing at this moment.").add_argument("worker")
        for verb, words in WORDS.items():
            verbs.add_parser(verb, help=words).add_argument("worker")

    def handle(self, *args: Any, verb: str, worker: str = "", **options: Any) -> None:
        if verb == "list":
            return self._list()
        try:
            if verb == "stacks":
                return self._stacks(worker)
            steering.tell_worker(worker, verb, getpass.getuser())
        except ConveyorError as error:
            raise CommandError(error.detail) from error
        return None

    def _stacks(self, worker: str) -> None:
        for found in steering.stacks(worker):
            self.stdout.write(f"=== {found['what']} process {found['process']}\n{found['text']}")

    def _list(self) -> None:
        table = Table("worker", "pool", "queues", "running", "performed", "memory")
        for worker in activity.workers():
            about = worker.about
            memory = f"{about.get('memory', 0) / 1e6:.0f} MB"
            running = f"{len(about.get('running', []))} of {about.get('processes', '?')}"
            table.add_row(worker.name, about.get("pool", ""), ", ".join(worker.queues), running, str(about.get("performed", 0)), memory)
        Console(file=cast(IO[str], self.stdout), width=120).print(table)
