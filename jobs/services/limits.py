"""Setting and removing limits at run time."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from jobs.core.errors import DeclarationError, InvalidInput, NotFound
from jobs.core.gates import NAME, Limits
from jobs.core.patterns import matcher
from jobs.infra import gates
from jobs.models import Limit
from jobs.services import rules

FIELDS = ("concurrent", "rate", "per", "burst", "by", "when_full", "type", "tenant", "queue", "tag")


@transaction.atomic
def set_limit(name: str, values: Mapping[str, Any], by: str) -> Limit:
    """Set the limit of that name, all of it; where a type declares one of that name, in place of its numbers. Raises InvalidInput."""
    limit = Limit.objects.filter(name=name).first() or Limit(name=name)
    _fill(limit, values, by)
    limit.save()
    told = {field: str(value) for field in FIELDS if (value := getattr(limit, field)) not in (None, "")}
    rules.changed("limit.set", f"limit:{name}", by, values=told)
    return limit


@transaction.atomic
def remove(name: str, by: str) -> None:
    """Remove it; a declared limit of that name counts again with its own numbers. Raises NotFound."""
    if not Limit.objects.filter(name=name).delete()[0]:
        raise NotFound(f"No limit {name!r} was set.")
    rules.changed("limit.remove", f"limit:{name}", by)


def is_declared(name: str) -> bool:
    return any(f"{kind}/{name}" in gates.declared() for kind in ("slots", "rate"))


def check(name: str, values: Mapping[str, Any]) -> None:
    """Raises InvalidInput where `set_limit` would."""
    _fill(Limit(name=name), values, "nobody")


def _fill(limit: Limit, values: Mapping[str, Any], by: str) -> None:
    fresh = Limit()
    for field in FIELDS:
        setattr(limit, field, values.get(field, getattr(fresh, field)))
    limit.set_by, limit.set_at = by, timezone.now()
    _check(limit)


def _check(limit: Limit) -> None:
    if not NAME.fullmatch(limit.name):
        raise InvalidInput("A limit is named in lower case, like label-printer.", {"name": "is not a name"})
    if limit.concurrent is None and limit.rate is None and not is_declared(limit.name):
        raise InvalidInput("A limit needs concurrent or rate.", {"concurrent": "or rate is needed"})
    try:
        Limits(limit.concurrent, limit.rate or (None if limit.concurrent else 1), limit.per, limit.burst, limit.by, limit.when_full)
        limit.full_clean(validate_unique=False)
    except DeclarationError as error:
        raise InvalidInput(str(error)) from error
    except ValidationError as error:
        raise InvalidInput("The limit is not valid.", {name: " ".join(said) for name, said in error.message_dict.items()}) from error
    if limit.type:
        matcher(limit.type)
