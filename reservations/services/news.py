"""Telling what became of seats, once it is certain: the live maps listen."""

from collections.abc import Collection

from django.db import transaction

from jobs.infra import journal
from reservations.models import Show


def tell(name: str, show: Show, seats: Collection[int], status: str) -> None:
    """`seats.<name>` with the ids and what they are now, when the transaction commits; nothing for no seats."""
    if seats:
        data = {"seats": sorted(seats), "status": status}
        transaction.on_commit(lambda: journal.append(f"seats.{name}", show.subject, show.tenant.slug, data), robust=True)
