"""`manage.py limits list|set|remove`."""

import getpass
from argparse import ArgumentParser
from datetime import timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.core.gates import Full
from jobs.queries import standing
from jobs.services import limits


class Command(BaseCommand):
    help = "Look at the limits in force; set and remove them, at once and in the whole cluster."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        verbs.add_parser("list", help="Declared and set, with who has a place and who waits.")
        verbs.add_parser("remove", help="A declared limit of that name counts again.").add_argument("name")
        set = verbs.add_parser("set", help="All of the limit; what is not given is as if it had never been.")
        set.add_argument("name", help="A declared limit's name, to replace its numbers, or a new one.")
        set.add_argument("--concurrent", type=int, help="At most so many at once.")
        set.add_argument("--rate", type=int, help="At most so many starts per period.")
        set.add_argument("--per", type=float, default=1.0, help="The period of the rate in seconds.")
        set.add_argument("--burst", type=int)
        set.add_argument("--by", default="type", help="type, tenant, queue, or data.<path>: a limit for each value.")
        set.add_argument("--when-full", default="wait", choices=list(Full))
        for selector in ("type", "tenant", "queue", "tag"):
            set.add_argument(f"--{selector}", default="", help="Only these jobs.")

    def handle(self, *args: Any, verb: str, name: str = "", per: float = 1.0, **options: Any) -> None:
        values = {field: options[field] for field in limits.FIELDS if field in options}
        try:
            if verb == "set":
                limits.set_limit(name, {**values, "per": timedelta(seconds=per)}, getpass.getuser())
            elif verb == "remove":
                limits.remove(name, getpass.getuser())
        except ConveyorError as error:
            raise CommandError(error.detail) from error
        self._list()

    def _list(self) -> None:
        table = Table("limit", "kind", "allows", "when full", "have a place", "wait", "set by")
        for view in standing.limits():
            kind, set_by = view.rule.name.partition("/")[0], view.rule.set_by
            table.add_row(view.name, kind, view.words, view.rule.full, str(view.held), str(view.line), set_by)
        console = Console(file=cast(IO[str], self.stdout), width=140)
        console.print(table)
        for type, count in standing.unknown_types().items():
            console.print(f"{count} jobs wait for the type {type}: no worker that is there knows it.")
