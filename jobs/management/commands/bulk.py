"""`manage.py bulk start|list|abort|undo`: something done to every job that matches."""

import getpass
import uuid
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.models import Bulk
from jobs.queries import bulks as queries
from jobs.services import bulks


class Command(BaseCommand):
    help = "Retry, cancel, delete, requeue or reprioritise every job that matches."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        start = verbs.add_parser("start", help="Without --yes it tells how many and which, and does nothing.")
        start.add_argument("act", choices=Bulk.Act.values)
        start.add_argument("q", help="Which jobs, like 'type:stock.import status:dead'; '' for every job.")
        start.add_argument("--priority", type=int)
        start.add_argument("--rate", type=int, default=500, help="Jobs a second, at most.")
        start.add_argument("--yes", action="store_true")
        verbs.add_parser("list", help="What was done, by whom, to how many.")
        for verb, words in (("abort", "Stop it where it is."), ("undo", "Take back what has not started.")):
            verbs.add_parser(verb, help=words).add_argument("number", type=uuid.UUID)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(options)
        except ConveyorError as error:
            raise CommandError(error.detail) from error

    def _start(self, options: dict[str, Any]) -> None:
        act, priority = options["act"], options["priority"]
        rows = queries.matching(act, options["q"], None, priority)
        if options["yes"]:
            made = bulks.start(act, options["q"], rows, by=getpass.getuser(), priority=priority, rate=options["rate"])
            self.stdout.write(f"{made.pk}: {made.total} jobs, from {bulks.GRACE.seconds} seconds on.")
            return
        table = Table("id", "type", "state", "submitted", title=f"{rows.count()} jobs; --yes does it")
        for job in rows.order_by("-pk")[: queries.SAMPLE]:
            table.add_row(str(job.pk), job.type, job.state, f"{job.submitted_at:%Y-%m-%d %H:%M}")
        self._print(table)

    def _list(self, options: dict[str, Any]) -> None:
        table = Table("id", "act", "which", "state", "done", "refused", "of", "by")
        for made in queries.latest():
            table.add_row(str(made.pk), made.act, made.q, made.state, str(made.done), str(made.refused), str(made.total), made.by)
        self._print(table)

    def _abort(self, options: dict[str, Any]) -> None:
        self.stdout.write(bulks.abort(queries.get(options["number"]).pk, getpass.getuser()).state)

    def _undo(self, options: dict[str, Any]) -> None:
        made = bulks.undo(queries.get(options["number"]).pk, getpass.getuser())
        self.stdout.write(made.state if made.pk == options["number"] else f"{made.pk} cancels {made.total} jobs.")

    def _print(self, table: Table) -> None:
        Console(file=cast(IO[str], self.stdout), width=160).print(table)
