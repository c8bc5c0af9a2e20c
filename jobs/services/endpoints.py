"""What endpoints of webhooks and of callbacks share, and the callbacks that jobs are submitted with."""

import secrets
from collections.abc import Sequence

import redis

from jobs.core import outbound, signing
from jobs.core.errors import Conflict
from jobs.core.positions import START, padded
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
        newest = journal.last_id()
    except redis.RedisError:
        newest = START
    # A Redis that is away, or has lost what it had, does not make an endpoint hear of old things.
    return padded(newest if newest != START else f"{broker.now_ms()}-0")


def call_back(wanted: Sequence[tuple[Job, str]]) -> None:
    """Keep, in the submission's transaction, that the ends of these jobs are told to these URLs; of one without a URL that replays
    another, to where that one's was told. Raises InvalidUrl."""
    asked = [Callback(job=job, url=accept_url(url, "callbackUrl"), webhook=_of_origin(job.tenant, url)) for job, url in wanted if url]
    Callback.objects.bulk_create([*asked, *_as_before([job for job, url in wanted if not url and job.replay_of_id])])


def _as_before(jobs: Sequence[Job]) -> list[Callback]:
    if not jobs:
        return []
    known = {row.job_id: row for row in Callback.objects.filter(job__in=[job.replay_of_id for job in jobs])}
    pairs = [(job, known[job.replay_of_id]) for job in jobs if job.replay_of_id in known]
    return [Callback(job=job, url=old.url, webhook_id=old.webhook_id) for job, old in pairs]


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
