"""`manage.py pauses list|pause|resume`."""

from typing import Any

from rich.table import Table

from jobs.management.steered import Steered
from jobs.queries import standing
from jobs.services import pauses

KINDS = ("queue", "type", "tenant", "tag")


class Command(Steered):
    help = "Pause and resume a queue, a job type, a tenant or a tag."
    looks_like = "What is paused, by whom and why."
    width = 100

    def add_verbs(self, verbs: Any) -> None:
        for verb, words in (("pause", "What has not started waits; what runs goes on."), ("resume", "All goes on, in its order.")):
            steering = verbs.add_parser(verb, help=words)
            steering.add_argument("kind", choices=KINDS)
            steering.add_argument("name")
            if verb == "pause":
                steering.add_argument("--why", default="")

    def act(self, verb: str, by: str, options: dict[str, Any]) -> None:
        kind, name = options["kind"], options["name"]
        if verb == "pause":
            pauses.pause(kind, name, by, options["why"])
        else:
            pauses.resume(kind, name, by)

    def picture(self) -> Table:
        table = Table("what", "name", "by", "why", "since")
        for row in standing.pauses():
            table.add_row(row.kind, row.name, row.by, row.why, f"{row.at:%Y-%m-%d %H:%M}")
        return table
