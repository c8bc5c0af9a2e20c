"""`manage.py delayed list|cancel`."""

from typing import Any

from django.utils import timezone
from rich.table import Table

from jobs.infra import broker, delayed
from jobs.management.steered import Steered
from jobs.services import steering

SHOWN = 50


class Command(Steered):
    help = "Look at the messages that wait for their time; take a plain task out before it."
    looks_like = f"The {SHOWN} that are due next."

    def add_verbs(self, verbs: Any) -> None:
        verbs.add_parser("cancel", help="It will not run; who waits for its result is told.").add_argument("id")

    def act(self, verb: str, by: str, options: dict[str, Any]) -> None:
        steering.cancel_delayed(options["id"], by)

    def picture(self) -> Table:
        table = Table("id", "type", "queue", "due in", "", caption=f"{broker.delayed()} wait", caption_justify="left")
        for message in delayed.first(SHOWN):
            seconds = (message.due - timezone.now()).total_seconds()
            table.add_row(message.id, message.type, message.queue, f"{max(0.0, seconds):.0f} s", "job" if message.of_job else "")
        return table
