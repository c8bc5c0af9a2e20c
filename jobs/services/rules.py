"""The rules that gates act on: what types declare, with what operators have set. Redis is told, and told again after it has lost them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction

from jobs.core import dependency
from jobs.core.dependency import Dependency
from jobs.core.gates import Full, Kind, Rule, Until, plain, usual_burst
from jobs.infra import broker, gates
from jobs.models import Limit, Pause, Tenant, Threshold
from jobs.services import audit


def restore(*, newest: bool = False) -> int:
    """Bring the rules, the paused queues and the breakers opened by hand into force; answers 1 when something had to be told."""
    pauses = list(Pause.objects.all())
    changed = gates.install({rule.name: rule for rule in _set(pauses)}, gates.declared(), newest=newest)
    held = broker.paused()
    for pause in pauses:
        if pause.kind == Pause.Kind.QUEUE and pause.name not in held:
            broker.pause(pause.name, pause.by, pause.why)
    forced = {dependency.gate_of(pause.name): pause for pause in pauses if pause.kind == Pause.Kind.BREAKER}
    for look in gates.look(list(forced)):
        if look.state.get("until") != "0":
            gates.breaker(look.gate, "open", 0, forced[look.gate].by, forced[look.gate].why)
    return int(changed)


def changed(act: str, object: str, by: str, why: str = "", values: Mapping[str, str] | None = None) -> None:
    """Keep who did what; the rules come into force with the caller's transaction."""
    audit.record(act, object, by=by, why=why, values=dict(values or {}))
    transaction.on_commit(restore)


def _set(pauses: list[Pause]) -> Iterator[Rule]:
    for pause in pauses:
        if pause.kind in (Pause.Kind.TYPE, Pause.Kind.TENANT, Pause.Kind.TAG):
            rule = Rule(f"pause/{pause.kind}:{plain(pause.name)}", Kind.PAUSE, declared=False, set_by=pause.by)
            selector: dict[str, Any] = {str(pause.kind): pause.name}
            yield replace(rule, **selector)
    known = gates.declared()
    for limit in Limit.objects.all():
        yield from _of_limit(limit, known)
    for row in Threshold.objects.all():
        numbers = Dependency(row.name, row.failures, row.ratio, row.within, row.rest)
        yield replace(numbers.rule(), set_by=row.set_by)
    yield from _windows()


def _of_limit(limit: Limit, known: dict[str, Rule]) -> Iterator[Rule]:
    numbers: dict[str, dict[str, Any]] = {f"slots/{limit.name}": {}, f"rate/{limit.name}": {}}
    if limit.concurrent:
        numbers[f"slots/{limit.name}"] = {"kind": Kind.SLOTS, "n": limit.concurrent}
    if limit.rate:
        burst, per = limit.burst or usual_burst(limit.rate), broker.milliseconds(limit.per)
        numbers[f"rate/{limit.name}"] = {"kind": Kind.RATE, "n": limit.rate, "per": per, "burst": burst}
    about: dict[str, Any] = {"type": limit.type, "tenant": limit.tenant, "queue": limit.queue, "tag": limit.tag, "by": limit.by}
    of_a_declared = any(name in known for name in numbers)
    for name, values in numbers.items():
        if name in known:
            yield replace(known[name], **(values or {"kind": Kind.OPEN}), full=Full(limit.when_full), set_by=limit.set_by)
        elif values and not of_a_declared:
            rule = Rule(name, Kind.OPEN, full=Full(limit.when_full), declared=False, set_by=limit.set_by)
            yield replace(rule, **about, **values)


def _windows() -> Iterator[Rule]:
    """Where there are several tenants, each has so many messages on the broker; the rest waits in its own line."""
    size, weights = settings.TENANT_WINDOW, dict(Tenant.objects.values_list("slug", "weight"))
    if not size or len(weights) < 2:
        return
    for slug, weight in {"": 1, **weights}.items():
        if not slug or weight != 1:
            name = f"window/{slug}" if slug else "window"
            yield Rule(name, Kind.SLOTS, n=size * weight, until=Until.STARTED, by="tenant", declared=False, set_by="the platform")
