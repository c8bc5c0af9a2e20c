"""Webhooks over HTTP: endpoints and their secrets."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, Router, Status

from jobs.api.auth import person_of
from jobs.api.deliveries import DeliveryOut, Given, delivery_out, tenant_of
from jobs.api.schemas import Camel
from jobs.models import Webhook
from jobs.queries import webhooks as queries
from jobs.services import webhooks

router = Router(tags=["webhooks"])
Patterns = list[str]


class WebhookIn(Given):
    url: str = Field(..., max_length=2000, examples=["https://example.com/hooks"])
    patterns: Patterns = Field(..., description="Which events: `job.*`, `stock.**`.", examples=[["job.dead", "stock.**"]])
    description: str = Field("", max_length=200)
    ordered: bool = Field(False, description="One delivery at a time, in the order of the journal; a failing one holds up those behind it.")
    secret: str = Field("", description="Your own: `whsec_` and the Base64 of 24 to 64 random bytes. Without it one is made.")


class WebhookChange(Given):
    url: str | None = Field(None, max_length=2000)
    patterns: Patterns | None = None
    description: str | None = Field(None, max_length=200)
    ordered: bool | None = None


class WebhookRotate(Given):
    overlap_hours: float = Field(default=24, ge=0, le=720, description="For so long the old secret signs too.")
    secret: str = ""


class WebhookPause(Given):
    why: str = Field("", max_length=300)


class WebhookResume(Given):
    skip: bool = Field(False, description="What was kept meanwhile is not sent; it counts as failed.")


class WebhookOut(Camel):
    id: UUID
    url: str
    description: str
    patterns: Patterns
    ordered: bool
    callback: bool = Field(..., description="It stands for an origin to which jobs call back (`callbackUrl`).")
    status: str
    why: str
    breaker: str = Field(
        ..., description="`open`: it fails again and again and is left alone for a while; `half_open`: one delivery tries."
    )
    open_until: datetime | None
    succeeded: int = Field(..., description="Of its newest 100 deliveries.")
    failed: int = Field(..., description="Of its newest 100 deliveries.")
    pending: int
    failing_since: datetime | None
    succeeded_at: datetime | None
    created_at: datetime


class WebhookMade(WebhookOut):
    secret: str = Field(..., description="Shown this once.")


class WebhookPage(Camel):
    items: list[WebhookOut]
    next: UUID | None


class WebhookSecretOut(Camel):
    secret: str = Field(..., description="Shown this once.")
    old_until: datetime | None = Field(..., description="Until then the secret of before signs too.")


@router.get("/webhooks", response=WebhookPage, by_alias=True)
def search(request: HttpRequest, after: UUID | None = None, limit: int = 50) -> Any:
    """The endpoints of the tenant, the newest first."""
    found, cursor = queries.page(queries.all_of(tenant_of(request)), after, limit)
    healths = queries.healths(found)
    return {"items": [_fields(webhook, healths[webhook.pk]) for webhook in found], "next": cursor}


@router.post("/webhooks", response={201: WebhookMade}, by_alias=True)
def create(request: HttpRequest, response: HttpResponse, body: WebhookIn) -> Any:
    """A new endpoint. It hears of what happens from now on; its secret is in this answer alone."""
    webhook, secret = webhooks.create(tenant_of(request), by=person_of(request), **body.dict())
    response["Location"] = reverse("api:webhook", args=[webhook.pk])
    return Status(201, _out(webhook) | {"secret": secret})


@router.get("/webhooks/{uuid:webhook_id}", response=WebhookOut, by_alias=True, url_name="webhook")
def get(request: HttpRequest, webhook_id: UUID) -> Any:
    """One endpoint."""
    return _out(_webhook(request, webhook_id))


@router.patch("/webhooks/{uuid:webhook_id}", response=WebhookOut, by_alias=True)
def change(request: HttpRequest, webhook_id: UUID, body: WebhookChange) -> Any:
    """Change what is given. What is on its way goes to the URL as it is then."""
    given = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    return _out(webhooks.change(_webhook(request, webhook_id), **given))


@router.delete("/webhooks/{uuid:webhook_id}", response={204: None})
def remove(request: HttpRequest, webhook_id: UUID) -> Any:
    """Delete the endpoint, its secrets and its log. What was not sent is not sent."""
    webhooks.remove(_webhook(request, webhook_id))
    return Status(204, None)


@router.post("/webhooks/{uuid:webhook_id}/rotate", response=WebhookSecretOut, by_alias=True)
def rotate(request: HttpRequest, webhook_id: UUID, body: WebhookRotate | None = None) -> Any:
    """A new secret. While the two overlap, each message carries a signature of either."""
    wish, webhook = body or WebhookRotate(), _webhook(request, webhook_id)
    secret = webhooks.rotate(webhook, timedelta(hours=wish.overlap_hours), wish.secret)
    return {"secret": secret, "old_until": queries.old_secret_until(webhook)}


@router.post("/webhooks/{uuid:webhook_id}/pause", response=WebhookOut, by_alias=True)
def pause(request: HttpRequest, webhook_id: UUID, body: WebhookPause | None = None) -> Any:
    """Send nothing until it is resumed; what happens meanwhile is kept. 409 when it is not active."""
    return _out(webhooks.pause(_webhook(request, webhook_id), body.why if body else ""))


@router.post("/webhooks/{uuid:webhook_id}/resume", response=WebhookOut, by_alias=True)
def resume(request: HttpRequest, webhook_id: UUID, body: WebhookResume | None = None) -> Any:
    """Send again, a paused or disabled one, first what was kept. 409 when it is active."""
    return _out(webhooks.resume(_webhook(request, webhook_id), body.skip if body else False))


@router.post("/webhooks/{uuid:webhook_id}/test", response={202: DeliveryOut}, by_alias=True)
def test(request: HttpRequest, webhook_id: UUID) -> Any:
    """Send a `webhook.test` to this endpoint, once, also when it is paused or disabled."""
    return Status(202, delivery_out(webhooks.test(_webhook(request, webhook_id))))


def _webhook(request: HttpRequest, webhook_id: UUID) -> Webhook:
    return queries.get(tenant_of(request), webhook_id)


def _out(webhook: Webhook) -> dict[str, Any]:
    return _fields(webhook, queries.health(webhook))


def _fields(webhook: Webhook, health: queries.Health) -> dict[str, Any]:
    counts = {"breaker": health.breaker, "succeeded": health.succeeded, "failed": health.failed, "pending": health.pending}
    made = counts | {"status": webhook.state}
    return made | {name: getattr(webhook, name) for name in WebhookOut.model_fields.keys() - made.keys()}
