"""Keeping and forgetting searches."""

from collections.abc import Sequence
from typing import Any

from jobs.core.errors import NotFound
from jobs.core.search import parse
from jobs.models import SavedView


def keep(user: Any, name: str, q: str, columns: Sequence[str], shared: bool) -> SavedView:
    """Keep the search by that name of the user's; the same name is written over. Raises InvalidFilter."""
    parse(q)
    values = {"q": q, "columns": list(columns), "shared": shared}
    return SavedView.objects.update_or_create(user=user, name=name[:60], defaults=values)[0]


def forget(user: Any, number: int) -> None:
    """Raises NotFound for what is not the user's."""
    if not SavedView.objects.filter(user=user, pk=number).delete()[0]:
        raise NotFound("There is no such view of yours.")
