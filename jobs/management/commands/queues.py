"""`manage.py queues list|pause|resume`."""

import getpass
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.queries import activity
from jobs.services import steering


class Command(BaseCommand):
    help = "Look at queues; pause and resume them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        verbs.add_parser("list", help="Depth, oldest, who serves it, paused or not.")
        pause = verbs.add_parser("pause", help="No worker takes from it until it is resumed.")
        pause.add_argument("queue")
        pause.add_argument("--why", default="")
        verbs.add_parser("resume").add_argument("queue")

    def handle(self, *args: Any, verb: str, queue: str = "", why: str = "", **options: Any) -> None:
        try:
            if verb == "pause":
                steering.pause(queue, getpass.getuser(), why)
            elif verb == "resume":
                steering.resume(queue, getpass.getuser())
        except ConveyorError as error:
            raise CommandError(error.detail) from error
        self._list()

    def _list(self) -> None:
        table = Table("queue", "ready", "oldest", "workers", "")
        for queue in activity.queues():
            oldest = f"{queue.oldest.total_seconds():.0f} s" if queue.oldest else ""
            word = f"paused by {queue.paused['by']}" if queue.paused else "no worker serves it" if queue.unserved else ""
            table.add_row(queue.name, str(queue.depth), oldest, str(len(queue.workers)), word)
        Console(file=cast(IO[str], self.stdout), width=100).print(table)
