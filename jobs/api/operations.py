"""Queues and workers over HTTP, and the figures for Prometheus."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from ninja import Router

from jobs.api.auth import require, who
from jobs.api.schemas import Camel
from jobs.models.tenant import Scope
from jobs.queries import activity, metrics
from jobs.queries import jobs as queries
from jobs.queries import scaling as scaling_queries
from jobs.queries.roles import may_open
from jobs.queries.why import Gate, why
from jobs.services import steering

router = Router(tags=["operations"])


class PauseIn(Camel):
    why: str = ""


class QueueOut(Camel):
    name: str
    depth: int
    oldest_seconds: float | None
    paused: dict[str, Any] | None
    workers: list[str]
    unserved: bool


class NeedOut(Camel):
    queue: str
    slots: int
    because: str


class WorkerOut(Camel):
    name: str
    about: dict[str, Any]


class GateOut(Camel):
    name: str
    detail: str
    opens_at: datetime | None
    place: int | None
    opens_with: str | None


@router.get("/queues", response=list[QueueOut], by_alias=True)
def queues(request: HttpRequest) -> Any:
    """Depth, age of the oldest, who serves it, and whether it is paused."""
    require(request, Scope.READ)
    return [_queue(queue) for queue in activity.queues()]


def _queue(queue: activity.QueueView) -> dict[str, Any]:
    oldest = queue.oldest.total_seconds() if queue.oldest else None
    facts = {"name": queue.name, "depth": queue.depth, "paused": queue.paused, "workers": queue.workers, "unserved": queue.unserved}
    return {**facts, "oldest_seconds": oldest}


@router.post("/queues/{name}/pause", response=list[QueueOut], by_alias=True)
def pause(request: HttpRequest, name: str, body: PauseIn) -> Any:
    """No worker takes from the queue until it is resumed."""
    require(request, Scope.OPERATE)
    steering.pause(name, who(request), body.why)
    return queues(request)


@router.post("/queues/{name}/resume", response=list[QueueOut], by_alias=True)
def resume(request: HttpRequest, name: str) -> Any:
    require(request, Scope.OPERATE)
    steering.resume(name, who(request))
    return queues(request)


@router.get("/workers", response=list[WorkerOut], by_alias=True)
def workers(request: HttpRequest) -> Any:
    """The workers that have been there lately, and what they say of themselves."""
    require(request, Scope.OPERATE)
    return [{"name": worker.name, "about": worker.about} for worker in activity.workers()]


class StacksOut(Camel):
    process: int
    what: str
    text: str


@router.get("/workers/{name}/stacks", response=list[StacksOut], by_alias=True)
def worker_stacks(request: HttpRequest, name: str) -> Any:
    """What each process of the worker is doing at this moment: the stacks of its main process and of its children."""
    require(request, Scope.OPERATE)
    return steering.stacks(name)


@router.post("/workers/{name}/{act}", response={204: None})
def tell_worker(request: HttpRequest, name: str, act: str) -> HttpResponse:
    """`quiet`, `listen`, `drain`, `stop`, `grow` or `shrink`."""
    require(request, Scope.OPERATE)
    steering.tell_worker(name, act, who(request))
    return HttpResponse(status=204)


@router.get("/jobs/{uuid:job_id}/why", response=list[GateOut], by_alias=True)
def why_waiting(request: HttpRequest, job_id: UUID) -> Any:
    """Everything that stands between the job and its start; empty when it runs or has ended."""
    tenant = require(request, Scope.READ)
    seen = not request.user.is_authenticated or request.user.is_staff
    job = queries.get(tenant, job_id) if seen else queries.seen_by(request.user, tenant, job_id)
    opens = not request.user.is_authenticated or may_open(request.user, job)
    return [_gate(gate) for gate in why(job, opens=opens)]


def _gate(gate: Gate) -> dict[str, Any]:
    """`opens_with` is the call that opens it."""
    kind, name = gate.opens_with or ("", "")
    what, _, paused = name.partition(":")
    calls = {
        "pause": f"POST /api/{what}s/{paused}/resume",
        "breaker": f"POST /api/breakers/{name}/close",
        "limit": f"PUT /api/limits/{name}",
    }
    facts = {"name": gate.name, "detail": gate.detail, "opens_at": gate.opens_at, "place": gate.place}
    return {**facts, "opens_with": calls.get(kind)}


@router.get("/scaling", response=list[NeedOut], by_alias=True)
def scaling(request: HttpRequest) -> Any:
    """The slots that each queue needs now, and why: for an autoscaler outside, like KEDA."""
    require(request, Scope.OPERATE)
    return [{"queue": need.queue, "slots": need.slots, "because": need.because} for need in scaling_queries.needs()]


def scrape(request: HttpRequest) -> HttpResponse:
    """The same at /metrics, for who has METRICS_TOKEN; without that setting there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not constant_time_compare(given, settings.METRICS_TOKEN):
        return HttpResponse("Send the METRICS_TOKEN: Authorization: Bearer ...", status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)


@router.get("/metrics", openapi_extra={"responses": {"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}}})
def prometheus(request: HttpRequest) -> HttpResponse:
    """The figures of the whole installation in Prometheus' text format; any web process answers the same."""
    require(request, Scope.OPERATE)
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)
