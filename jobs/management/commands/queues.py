"""`manage.py queues list|pause|resume`."""

from typing import Any

from rich.table import Table

from jobs.management.steered import Steered
from jobs.queries import activity
from jobs.services import steering


class Command(Steered):
    help = "Look at queues; pause and resume them."
    looks_like = "Depth, oldest, who serves it, paused or not."
    width = 100

    def add_verbs(self, verbs: Any) -> None:
        pause = verbs.add_parser("pause", help="No worker takes from it until it is resumed.")
        pause.add_argument("queue")
        pause.add_argument("--why", default="")
        verbs.add_parser("resume").add_argument("queue")

    def act(self, verb: str, by: str, options: dict[str, Any]) -> None:
        if verb == "pause":
            steering.pause(options["queue"], by, options["why"])
        else:
            steering.resume(options["queue"], by)

    def picture(self) -> Table:
        table = Table("queue", "ready", "oldest", "workers", "")
        for queue in activity.queues():
            oldest = f"{queue.oldest.total_seconds():.0f} s" if queue.oldest else ""
            word = f"paused by {queue.paused['by']}" if queue.paused else "no worker serves it" if queue.unserved else ""
            table.add_row(queue.name, str(queue.depth), oldest, str(len(queue.workers)), word)
        return table
