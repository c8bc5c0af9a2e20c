"""`manage.py doctor`: is this installation well, and what is to be done where it is not?"""

import json
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.text import Text

from jobs.queries.doctor import Finding, Level, examine

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


class Command(BaseCommand):
    help = "Check the whole installation: each line says ok, warn or fail, and what to do. Exits with 1 when a check fails."
    # What stops a start is among what it looks for.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print the findings as JSON.")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        found = list(examine()) if json else self._told()
        if json:
            self.stdout.write(_as_json(found))
        if any(finding.level is Level.FAIL for _, finding in found):
            raise SystemExit(1)

    def _told(self) -> list[tuple[str, Finding]]:
        """Each finding as soon as it is there: one that waits for a timeout shows where."""
        console = Console(file=cast(IO[str], self.stdout), soft_wrap=True, highlight=False)
        found = []
        for name, finding in examine():
            found.append((name, finding))
            console.print(Text(f"{finding.level:<5}", COLOURS[finding.level]), Text(f"{name:<21}"), Text(finding.words))
            if finding.advice:
                console.print(Text(f"{'':<27} -> {finding.advice}", "dim"))
        count = {level: sum(finding.level is level for _, finding in found) for level in Level}
        console.print(f"{count[Level.OK]} ok, {count[Level.WARN]} to look at, {count[Level.FAIL]} wrong")
        return found


def _as_json(found: list[tuple[str, Finding]]) -> str:
    return json.dumps([{"check": name, "level": f.level, "words": f.words, "advice": f.advice} for name, f in found], indent=2)
