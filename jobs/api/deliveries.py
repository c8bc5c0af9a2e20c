"""What was sent to webhooks, over HTTP: the log, and sending again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Status
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from jobs.api.auth import require
from jobs.api.schemas import Camel, Moment
from jobs.models import Delivery, DeliveryAttempt, Tenant
from jobs.models.tenant import Scope
from jobs.queries import webhooks as queries
from jobs.services import webhooks

router = Router(tags=["webhooks"])
SAMPLE = 10


class Given(Camel):
    """What a client writes: an unknown field is a slip."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class DeliveryOut(Camel):
    id: int
    message_id: str = Field(..., description="The header `webhook-id`: the same for each try.")
    webhook: UUID
    event: str
    subject: str
    url: str
    status: str
    tries: int
    due_at: datetime | None = Field(..., description="When it is tried next, at the earliest.")
    created_at: datetime
    finished_at: datetime | None


class DeliveryAttemptOut(Camel):
    at: datetime
    milliseconds: int
    url: str
    status: int | None
    error: str
    request_headers: dict[str, str]
    response_headers: dict[str, str]
    response_body: str
    truncated: bool


class DeliveryWhole(DeliveryOut):
    body: str
    attempts: list[DeliveryAttemptOut]


class DeliveryPage(Camel):
    items: list[DeliveryOut]
    next: int | None


class DeliveryFilter(Camel):
    webhook: UUID | None = None
    status: str = ""
    event: str = ""
    since: Moment | None = None
    until: Moment | None = None


class RedeliverIn(Given):
    webhook: UUID | None = None
    event: str = ""
    since: Moment | None = Field(None, description="Made at that moment or after.")
    until: Moment | None = Field(None, description="Made before that moment.")
    dry_run: bool = True


class RedeliverOut(Camel):
    count: int
    left: int = Field(..., description="What still is failed and matches: ask again.")
    sample: list[DeliveryOut]
    dry_run: bool


@router.get("/webhooks/deliveries", response=DeliveryPage, by_alias=True)
def search(request: HttpRequest, chosen: Query[DeliveryFilter], after: int | None = None, limit: int = 50) -> Any:
    """Deliveries of the tenant, the newest first."""
    found, cursor = queries.page_of_deliveries(queries.deliveries(tenant_of(request), **chosen.dict()), after, limit)
    return {"items": [delivery_out(delivery) for delivery in found], "next": cursor}


@router.get("/webhooks/deliveries/{int:number}", response=DeliveryWhole, by_alias=True)
def get(request: HttpRequest, number: int) -> Any:
    """One delivery: what is sent, and every try with its request and its answer."""
    found = queries.delivery(tenant_of(request), number)
    return delivery_out(found) | {"body": found.body, "attempts": [_attempt(attempt) for attempt in found.attempts.all()]}


@router.post("/webhooks/deliveries/{int:number}/redeliver", response={202: DeliveryOut}, by_alias=True)
def redeliver(request: HttpRequest, number: int) -> Any:
    """Send it again with the same id. 409 while it is under way."""
    return Status(202, delivery_out(webhooks.redeliver(queries.delivery(tenant_of(request), number))))


@router.post("/webhooks/redeliver", response=RedeliverOut, by_alias=True)
def redeliver_failed(request: HttpRequest, body: RedeliverIn) -> Any:
    """Send again what failed and matches, of each endpoint the oldest 10,000. `dryRun`, the default, answers the count and a sample and
    does nothing."""
    rows = queries.failed(tenant_of(request), **body.dict(exclude={"dry_run"}))
    sample, count = [delivery_out(row) for row in rows.select_related("webhook")[:SAMPLE]], rows.count()
    if not body.dry_run:
        count = webhooks.redeliver_failed(rows)
    return {"count": count, "left": rows.count(), "sample": sample, "dry_run": body.dry_run}


def tenant_of(request: HttpRequest) -> Tenant:
    return require(request, Scope.WEBHOOKS)


def delivery_out(delivery: Delivery) -> dict[str, Any]:
    same = {name: getattr(delivery, name) for name in ("id", "message_id", "subject", "tries", "created_at", "finished_at")}
    due = delivery.due_at if delivery.state == Delivery.State.PENDING else None
    words = {"webhook": delivery.webhook_id, "event": delivery.name, "url": delivery.to, "status": delivery.state, "due_at": due}
    return same | words


def _attempt(attempt: DeliveryAttempt) -> dict[str, Any]:
    return {name: getattr(attempt, name) for name in DeliveryAttemptOut.model_fields}
