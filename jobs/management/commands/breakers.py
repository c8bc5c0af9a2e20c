"""`manage.py breakers list|open|close`."""

import getpass
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.queries import standing
from jobs.services import breakers


class Command(BaseCommand):
    help = "Look at the breakers of dependencies; open and close them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        verbs.add_parser("list", help="Open or closed, since when and why, and how many jobs wait.")
        opening = verbs.add_parser("open", help="Nothing that needs it starts until it is closed.")
        opening.add_argument("name")
        opening.add_argument("--why", default="")
        verbs.add_parser("close", help="Everything that waits for it goes on.").add_argument("name")

    def handle(self, *args: Any, verb: str, name: str = "", why: str = "", **options: Any) -> None:
        try:
            if verb == "open":
                breakers.open_by_hand(name, getpass.getuser(), why)
            elif verb == "close":
                breakers.close_by_hand(name, getpass.getuser())
        except ConveyorError as error:
            raise CommandError(error.detail) from error
        table = Table("dependency", "state", "failed", "answered", "wait", "half open at", "why")
        for view in standing.all_breakers():
            when = f"{view.opens_at:%H:%M:%S}" if view.opens_at else ""
            about = f"{view.by}: {view.why}" if view.by else ""
            table.add_row(view.name, view.state, str(view.failed), str(view.ok), str(view.line), when, about)
        Console(file=cast(IO[str], self.stdout), width=120).print(table)
