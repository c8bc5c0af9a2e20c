"""`manage.py pauses list|pause|resume`."""

import getpass
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.queries import standing
from jobs.services import pauses

KINDS = ("queue", "type", "tenant", "tag")


class Command(BaseCommand):
    help = "Pause and resume a queue, a job type, a tenant or a tag."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        verbs.add_parser("list", help="What is paused, by whom and why.")
        for verb, words in (("pause", "What has not started waits; what runs goes on."), ("resume", "All goes on, in its order.")):
            steering = verbs.add_parser(verb, help=words)
            steering.add_argument("kind", choices=KINDS)
            steering.add_argument("name")
            if verb == "pause":
                steering.add_argument("--why", default="")

    def handle(self, *args: Any, verb: str, kind: str = "", name: str = "", why: str = "", **options: Any) -> None:
        try:
            if verb == "pause":
                pauses.pause(kind, name, getpass.getuser(), why)
            elif verb == "resume":
                pauses.resume(kind, name, getpass.getuser())
        except ConveyorError as error:
            raise CommandError(error.detail) from error
        table = Table("what", "name", "by", "why", "since")
        for row in standing.pauses():
            table.add_row(row.kind, row.name, row.by, row.why, f"{row.at:%Y-%m-%d %H:%M}")
        Console(file=cast(IO[str], self.stdout), width=100).print(table)
