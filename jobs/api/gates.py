"""Limits, breakers and pauses over HTTP."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from jobs.api.auth import require, who
from jobs.api.schemas import Camel
from jobs.models.tenant import Scope
from jobs.queries import standing
from jobs.services import breakers, limits, pauses

router = Router(tags=["gates"])


class LimitIn(Camel):
    """`concurrent` at once, `rate` starts in `perSeconds`. `by`: type, tenant, queue, or data.<path>. Empty selectors fit all jobs."""

    concurrent: int | None = Field(None, ge=1, le=1_000_000)
    rate: int | None = Field(None, ge=1, le=1_000_000)
    per_seconds: float = Field(1.0, gt=0, le=31 * 86_400)
    burst: int | None = Field(None, ge=1, le=1_000_000)
    by: str = Field("type", max_length=100)
    when_full: str = "wait"
    type: str = Field("", max_length=200)
    tenant: str = Field("", max_length=40)
    queue: str = Field("", max_length=60)
    tag: str = Field("", max_length=60)


class LimitOut(Camel):
    """`held` jobs have a place, `waiting` jobs stand in line. `setBy`: who has set the numbers; empty when they are declared."""

    name: str
    kind: str
    words: str
    by: str
    when_full: str
    held: int
    waiting: int
    declared: bool
    set_by: str


class BreakerOut(Camel):
    name: str
    state: str
    opens_at: datetime | None
    waiting: int
    ok: int
    failed: int
    by: str
    why: str
    since: datetime | None
    failures: int
    ratio: float
    within_seconds: float
    rest_seconds: float
    set_by: str


class NumbersIn(Camel):
    """It opens when at least `failures` calls and the share `ratio` have failed within a period; after a rest one job tries.
    What is left out stays as it is."""

    failures: int | None = Field(None, ge=1, le=1_000_000)
    ratio: float | None = Field(None, gt=0, le=1)
    within_seconds: float | None = Field(None, gt=0, le=86_400)
    rest_seconds: float | None = Field(None, gt=0, le=86_400)


class UnknownTypeOut(Camel):
    """`waiting` jobs of the type wait for a worker that knows it."""

    type: str
    waiting: int


class PauseIn(Camel):
    why: str = Field("", max_length=200)


class PauseOut(Camel):
    kind: str
    name: str
    by: str
    why: str
    at: datetime


@router.get("/limits", response=list[LimitOut], by_alias=True)
def all_limits(request: HttpRequest) -> Any:
    """Every limit in force: those that job types declare and those that were set."""
    require(request, Scope.OPERATE)
    return [_limit(view) for view in standing.limits()]


@router.put("/limits/{name}", response=list[LimitOut], by_alias=True)
def set_limit(request: HttpRequest, name: str, body: LimitIn) -> Any:
    """Set the limit of that name, at once and in the whole cluster; a declared limit's numbers are replaced."""
    require(request, Scope.OPERATE)
    values = body.dict()
    limits.set_limit(name, {**values, "per": timedelta(seconds=values.pop("per_seconds"))}, who(request))
    return [_limit(view) for view in standing.limits() if view.name == name]


@router.delete("/limits/{name}", response={204: None})
def remove_limit(request: HttpRequest, name: str) -> HttpResponse:
    """Remove a limit that was set; a declared one counts again with its own numbers."""
    require(request, Scope.OPERATE)
    limits.remove(name, who(request))
    return HttpResponse(status=204)


def _limit(view: standing.LimitView) -> dict[str, Any]:
    rule = view.rule
    facts = {"name": view.name, "kind": rule.name.partition("/")[0], "words": view.words, "by": rule.by, "when_full": rule.full}
    return {**facts, "held": view.held, "waiting": view.line, "declared": rule.declared, "set_by": rule.set_by}


@router.get("/breakers", response=list[BreakerOut], by_alias=True)
def all_breakers(request: HttpRequest) -> Any:
    """The breaker of each dependency that job types need."""
    require(request, Scope.OPERATE)
    return [_breaker(view) for view in standing.all_breakers()]


@router.post("/breakers/{name}/open", response=BreakerOut, by_alias=True)
def open_breaker(request: HttpRequest, name: str, body: PauseIn) -> Any:
    """Nothing that needs it starts until it is closed."""
    require(request, Scope.OPERATE)
    breakers.open_by_hand(name, who(request), body.why)
    return _breaker(standing.one_breaker(name))


@router.post("/breakers/{name}/close", response=BreakerOut, by_alias=True)
def close_breaker(request: HttpRequest, name: str) -> Any:
    """Everything that waits for it goes on."""
    require(request, Scope.OPERATE)
    breakers.close_by_hand(name, who(request))
    return _breaker(standing.one_breaker(name))


@router.put("/breakers/{name}/numbers", response=BreakerOut, by_alias=True)
def set_breaker(request: HttpRequest, name: str, body: NumbersIn) -> Any:
    """When it opens, and for how long it rests: at once and in the whole cluster, in place of the declared numbers."""
    require(request, Scope.OPERATE)
    periods = {"within": body.within_seconds, "rest": body.rest_seconds}
    values = {number: None if seconds is None else timedelta(seconds=seconds) for number, seconds in periods.items()}
    breakers.set_numbers(name, {"failures": body.failures, "ratio": body.ratio, **values}, who(request))
    return _breaker(standing.one_breaker(name))


@router.delete("/breakers/{name}/numbers", response=BreakerOut, by_alias=True)
def reset_breaker(request: HttpRequest, name: str) -> Any:
    """The declared numbers count again."""
    require(request, Scope.OPERATE)
    breakers.reset_numbers(name, who(request))
    return _breaker(standing.one_breaker(name))


def _breaker(view: standing.BreakerView) -> dict[str, Any]:
    facts = asdict(view)
    numbers = {"failures": view.failures, "ratio": view.ratio, "within_seconds": view.within, "rest_seconds": view.rest}
    told = {name: facts[name] for name in BreakerOut.model_fields if name in facts}
    return {**told, **numbers, "waiting": view.line, "set_by": view.rule.set_by}


@router.get("/types/unknown", response=list[UnknownTypeOut], by_alias=True)
def unknown_types(request: HttpRequest) -> Any:
    """The types that jobs wait for and no worker that is there knows: two versions are deployed, or one of them not yet."""
    require(request, Scope.OPERATE)
    return [{"type": type, "waiting": count} for type, count in standing.unknown_types().items()]


@router.get("/pauses", response=list[PauseOut], by_alias=True)
def all_pauses(request: HttpRequest) -> Any:
    """What is paused: queues, types, tenants, tags."""
    require(request, Scope.OPERATE)
    return standing.pauses()


def _steer(kind: str, many: str) -> None:
    """`POST /types/{name}/pause` and `/resume`, and the same for tenants and tags."""

    @router.post(f"/{many}/{{name}}/pause", response=list[PauseOut], by_alias=True, operation_id=f"pause_{kind}")
    def pause(request: HttpRequest, name: str, body: PauseIn) -> Any:
        """What has not started waits until it is resumed; what runs goes on."""
        require(request, Scope.OPERATE)
        pauses.pause(kind, name, who(request), body.why)
        return standing.pauses()

    @router.post(f"/{many}/{{name}}/resume", response=list[PauseOut], by_alias=True, operation_id=f"resume_{kind}")
    def resume(request: HttpRequest, name: str) -> Any:
        """Let it go on, in its order."""
        require(request, Scope.OPERATE)
        pauses.resume(kind, name, who(request))
        return standing.pauses()


for kind, many in (("type", "types"), ("tenant", "tenants"), ("tag", "tags")):
    _steer(kind, many)
