"""`manage.py alerts list|rules|silence`."""

import getpass
from argparse import ArgumentParser
from datetime import timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.queries import alerts as queries
from jobs.services import alerts


class Command(BaseCommand):
    help = "Look at alerts and their rules; silence a rule."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        verbs.add_parser("list", help="What goes on; exit code 1 when something does.")
        verbs.add_parser("rules", help="What raises an alert.")
        silence = verbs.add_parser("silence", help="Tell nobody for so many hours; 0 ends it.")
        silence.add_argument("number", type=int)
        silence.add_argument("hours", type=float)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(options)
        except ConveyorError as error:
            raise CommandError(error.detail) from error

    def _list(self, options: dict[str, Any]) -> None:
        table, going = Table("rule", "about", "worst", "since"), queries.firing()
        for alert in going:
            table.add_row(alert.rule.name, alert.subject, alerts.said(alert.rule, alert.value), f"{alert.fired_at:%Y-%m-%d %H:%M}")
        self._print(table if going else "Nothing is wrong.")
        if going:
            raise SystemExit(1)

    def _rules(self, options: dict[str, Any]) -> None:
        table = Table("number", "rule", "kind", "from", "queue", "mail to", "state")
        for rule in queries.rules():
            state = "off" if not rule.enabled else "silenced" if rule.silent else "on"
            table.add_row(str(rule.pk), rule.name, rule.kind, f"{rule.threshold:g}", rule.queue, ", ".join(rule.emails), state)
        self._print(table)

    def _silence(self, options: dict[str, Any]) -> None:
        rule = alerts.silence(queries.get(options["number"]), timedelta(hours=options["hours"]), getpass.getuser())
        self._print(f"{rule.name}: {'silenced until ' + f'{rule.silenced_until:%Y-%m-%d %H:%M}' if rule.silenced_until else 'tells again'}")

    def _print(self, words: Any) -> None:
        Console(file=cast(IO[str], self.stdout), width=140).print(words)
