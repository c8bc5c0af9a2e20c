"""Opening and closing the breakers of dependencies by hand."""

from django.db import transaction

from jobs.core import dependency
from jobs.core.errors import NotFound
from jobs.infra import gates
from jobs.models import Pause
from jobs.services import rules


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


def _say(name: str, word: str, *about: object) -> None:
    gates.breaker(dependency.gate_of(name), word, *about)


def _check(name: str) -> None:
    """Raises NotFound."""
    if name not in gates.dependencies():
        raise NotFound(f"There is no dependency {name!r}.")
