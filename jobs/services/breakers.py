"""Breakers of dependencies by hand: opened, closed, and given other numbers than the declared ones."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.core import dependency
from jobs.core.dependency import Dependency
from jobs.core.errors import DeclarationError, InvalidInput, NotFound
from jobs.infra import gates
from jobs.models import Pause, Threshold
from jobs.services import rules

NUMBERS = ("failures", "ratio", "within", "rest")
LONGEST = timedelta(days=1)


@transaction.atomic
def open_by_hand(name: str, by: str, why: str = "") -> None:
    """Nothing that needs it starts until somebody closes it. Raises NotFound."""
    _check(name)
    Pause.objects.update_or_create(kind=Pause.Kind.BREAKER, name=name, defaults={"by": by, "why": why[:200]})
    transaction.on_commit(lambda: _say(name, "open", 0, by, why[:200]))
    rules.changed("breaker.open", f"breaker:{name}", by, why=why)


@transaction.atomic
def close_by_hand(name: str, by: str) -> None:
    """All that waits for it goes on; if it is still away, its failures open the breaker again. Raises NotFound."""
    _check(name)
    Pause.objects.filter(kind=Pause.Kind.BREAKER, name=name).delete()
    transaction.on_commit(lambda: _say(name, "close", by))
    rules.changed("breaker.close", f"breaker:{name}", by)


@transaction.atomic
def set_numbers(name: str, values: Mapping[str, Any], by: str) -> None:
    """Give its breaker these `NUMBERS`; what is left out or None stays as it is in force. Raises NotFound, InvalidInput."""
    _check(name)
    row = Threshold.objects.select_for_update().filter(name=name).first()
    now = {number: getattr(row or dependency.needed(name), number) for number in NUMBERS}
    wanted = now | {number: value for number, value in values.items() if value is not None}
    try:
        Dependency(name, **wanted)
    except DeclarationError as error:
        raise InvalidInput(str(error)) from error
    if max(wanted["within"], wanted["rest"]) > LONGEST or wanted["failures"] > 1_000_000:
        raise InvalidInput(f"{name}: failures is at most a million, within and rest at most a day.")
    Threshold.objects.update_or_create(name=name, defaults={**wanted, "set_by": by, "set_at": timezone.now()})
    rules.changed("breaker.set", f"breaker:{name}", by, values={number: str(value) for number, value in wanted.items()})


@transaction.atomic
def reset_numbers(name: str, by: str) -> None:
    """The declared numbers count again. Raises NotFound."""
    if not Threshold.objects.filter(name=name).delete()[0]:
        raise NotFound(f"No numbers of {name!r} were set.")
    rules.changed("breaker.reset", f"breaker:{name}", by)


def _say(name: str, word: str, *about: object) -> None:
    gates.breaker(dependency.gate_of(name), word, *about)


def _check(name: str) -> None:
    """Raises NotFound."""
    if name not in gates.dependencies():
        raise NotFound(f"There is no dependency {name!r}.")
