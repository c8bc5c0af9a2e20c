"""A price list to try the import with."""

import csv
import random
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

THINGS = ("Bolt", "Nut", "Washer", "Hinge", "Bracket", "Screw", "Hook", "Clamp")
SIZES = ("small", "medium", "large", "M4", "M6", "M8")
PLACES = ("North", "South", "Shop")


class Command(BaseCommand):
    help = "Write a CSV price list of N lines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="Where to write it; - is standard output.")
        parser.add_argument("--lines", type=int, default=20_000)

    def handle(self, *args: Any, file: str, lines: int, **options: Any) -> None:
        if file == "-":
            self._write(self.stdout, lines)
        else:
            with Path(file).open("w", newline="", encoding="utf-8") as out:
                self._write(out, lines)

    def _write(self, out: Any, lines: int) -> None:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["sku", "name", "price", "quantity", "location"])
        dice = random.Random(7)
        for n in range(1, lines + 1):
            name = f"{dice.choice(THINGS)}, {dice.choice(SIZES)}"
            writer.writerow([f"A-{n:05d}", name, f"{dice.randint(10, 9999) / 100:.2f}", dice.randint(0, 500), dice.choice(PLACES)])
