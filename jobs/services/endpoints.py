"""What endpoints of webhooks and of callbacks share, and the callbacks that jobs are submitted with."""

import secrets
from collections.abc import Sequence

import redis

from jobs.core import outbound, signing
from jobs.core.errors import Conflict
from jobs.core.positions import padded
from jobs.infra import broker, http, journal
from jobs.models import Callback, Job, Tenant, Webhook, WebhookSecret

SECRET_BYTES = 32
MOST_ORIGINS = 1000


def accept_url(url: str, field: str = "url") -> str:
    """The URL, if it can be used as far as can be told without asking for its name. Raises InvalidUrl."""
    address = outbound.target(url := url.strip(), field).literal
    if why := address and outbound.why_closed(address, http.allowed_networks()):
        raise outbound.InvalidUrl(f"This URL can't be used: {why}.", {field: why})
    return url


def add_secret(webhook: Webhook, secret: str = "") -> str:
    """Give it a secret, the client's own or a new one. Raises InvalidInput."""
    told = signing.accept_secret(secret) if secret else signing.secret_of(secrets.token_bytes(SECRET_BYTES))
    WebhookSecret.objects.create(webhook=webhook, secret=told)
    return told


def here() -> str:
    """The place in the journal after which a new endpoint hears."""
    try:
        return padded(journal.last_id())
    except redis.RedisError:
        return padded(f"{broker.now_ms()}-0")


def call_back(wanted: Sequence[tuple[Job, str]], tenant: Tenant) -> None:
    """Keep, in the submission's transaction, that the ends of these jobs are told to these URLs. Raises InvalidUrl."""
    rows = [Callback(job=job, url=accept_url(url, "callbackUrl"), webhook=_of_origin(tenant, url)) for job, url in wanted if url]
    Callback.objects.bulk_create(rows)


def callback_of(job: Job) -> str:
    return Callback.objects.filter(job=job).values_list("url", flat=True).first() or ""


def _of_origin(tenant: Tenant, url: str) -> Webhook:
    """The endpoint that stands for all callbacks of the tenant to that origin: one breaker, one secret, one log."""
    origin = outbound.target(url.strip(), "callbackUrl").origin
    mine = Webhook.objects.of(tenant).filter(callback=True)
    if found := mine.filter(url=origin).first():
        return found
    if mine.count() >= MOST_ORIGINS:
        raise Conflict(f"The jobs of a tenant call back to at most {MOST_ORIGINS} origins.")
    webhook, made = Webhook.objects.get_or_create(tenant=tenant, url=origin, callback=True, defaults={"description": "Callbacks of jobs"})
    if made:
        add_secret(webhook)
    return webhook
