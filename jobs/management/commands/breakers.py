"""`manage.py breakers list|open|close|set|reset`."""

from datetime import timedelta
from typing import Any

from rich.table import Table

from jobs.management.steered import Steered
from jobs.queries import standing
from jobs.services import breakers


class Command(Steered):
    help = "Look at the breakers of dependencies; open and close them, and say when they open."
    looks_like = "Open or closed, since when and why, how many jobs wait, and when it opens."
    width = 160

    def add_verbs(self, verbs: Any) -> None:
        opening = verbs.add_parser("open", help="Nothing that needs it starts until it is closed.")
        opening.add_argument("name")
        opening.add_argument("--why", default="")
        verbs.add_parser("close", help="Everything that waits for it goes on.").add_argument("name")
        numbers = verbs.add_parser("set", help="Other numbers than the declared ones; what is not given stays as it is.")
        numbers.add_argument("name")
        numbers.add_argument("--failures", type=int, help="It opens when at least so many calls have failed,")
        numbers.add_argument("--ratio", type=float, help="and this share of them (0.5),")
        numbers.add_argument("--within", type=_seconds, help="within so many seconds.")
        numbers.add_argument("--rest", type=_seconds, help="After so many seconds one job tries whether it is back.")
        verbs.add_parser("reset", help="The declared numbers count again.").add_argument("name")

    def act(self, verb: str, by: str, options: dict[str, Any]) -> None:
        name = options["name"]
        if verb == "open":
            breakers.open_by_hand(name, by, options["why"])
        elif verb == "close":
            breakers.close_by_hand(name, by)
        elif verb == "set":
            breakers.set_numbers(name, {number: options[number] for number in breakers.NUMBERS}, by)
        else:
            breakers.reset_numbers(name, by)

    def picture(self) -> Table:
        table = Table("dependency", "state", "failed", "answered", "wait", "half open at", "why", "opens after", "set by")
        for view in standing.all_breakers():
            when = f"{view.opens_at:%H:%M:%S}" if view.opens_at else ""
            about = f"{view.by}: {view.why}" if view.by else ""
            counts = str(view.failed), str(view.ok), str(view.line)
            table.add_row(view.name, view.state, *counts, when, about, view.words, view.rule.set_by)
        return table


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=float(text))
