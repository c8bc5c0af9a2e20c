"""Reading kept searches."""

from typing import Any

from django.db.models import Q

from jobs.models import SavedView


def of(user: Any) -> list[SavedView]:
    """The user's own, and what others share."""
    return list(SavedView.objects.filter(Q(user=user) | Q(shared=True)).select_related("user")[:100])
