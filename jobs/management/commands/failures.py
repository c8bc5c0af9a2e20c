"""`manage.py failures list|resolve|reopen|canary`."""

import getpass
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.queries import failures as queries
from jobs.services import failures


class Command(BaseCommand):
    help = "What goes wrong, grouped by job type, exception and place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        listed = verbs.add_parser("list", help="The last seen first.")
        listed.add_argument("--state", default="open", choices=queries.STATES)
        for verb, words in (("resolve", "It is mended."), ("reopen", "It is not."), ("canary", "Try its newest dead job again.")):
            verbs.add_parser(verb, help=words).add_argument("id")

    def handle(self, *args: Any, verb: str, id: str = "", state: str = "", **options: Any) -> None:
        try:
            if verb == "resolve":
                failures.resolve(queries.get(id), getpass.getuser())
            elif verb == "reopen":
                failures.reopen(queries.get(id))
            elif verb == "canary":
                self.stdout.write(f"{failures.send_canary(queries.get(id)).pk} submitted")
        except ConveyorError as error:
            raise CommandError(error.detail) from error
        if verb == "list":
            self._list(state)

    def _list(self, state: str) -> None:
        table = Table("id", "state", "type", "error", "where", "attempts", "dead", "last seen")
        for f in queries.search(state)[: queries.MOST]:
            table.add_row(f.pk, f.state, f.type, f.error, f.where, str(f.attempts), str(f.dead), f"{f.last_seen:%Y-%m-%d %H:%M}")
        Console(file=cast(IO[str], self.stdout), width=180).print(table)
