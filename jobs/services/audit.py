"""Who did what: people's acts become events, and the archive that keeps them is a chain in which no change goes unseen.

An act is the event `audit.acted`; a job's own events and the domain's are in the same archive, so one chain covers all of it.
"""

import hashlib
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from pydantic import BaseModel, Field

from jobs.core.actor import actor
from jobs.core.event_type import EventType, event_types
from jobs.core.events import ACTED
from jobs.infra import noted_head
from jobs.models import Event, Seal, Tenant
from jobs.services import chain, events

log = structlog.get_logger(__name__)
SECRET = ("SECRET", "PASSWORD", "AUTH", "URL", "KEY")


class Acted(BaseModel):
    """Somebody did something that others may ask about later."""

    actor: str = Field(..., description="A user's name, `key <prefix>`, `shell <name>`, or `platform`.")
    act: str = Field(..., description="What was done, like `queue.pause`.")
    object: str = Field("", description="To what, like `queue:bulk`.")
    detail: dict[str, Any] = Field(default_factory=dict)


event_types.add(EventType(ACTED, Acted, "Somebody did something that others may ask about later.", private=True))


def record(act: str, object: str = "", *, by: str = "", tenant: Tenant | None = None, **detail: Any) -> None:
    """Tell of an act in the caller's transaction: kept with it, or not at all. `by` is for those that jobs.core.actor does not know."""
    by = by or actor()
    events.publish(ACTED, Acted(actor=by, act=act, object=object, detail=detail).model_dump(mode="json"), subject=object, tenant=tenant)
    log.info(ACTED, actor=by, act=act, object=object, detail=detail)


def verify_daily() -> int:
    """Beat's look at the whole chain once a day; answers how many faults there are."""
    before = _last("audit.verify")
    return 0 if before and before.at > timezone.now() - timedelta(days=1) else verify()


def verify() -> int:
    """Look at the whole chain and tell of it as an act; answers how many faults there are."""
    found = chain.verify()
    faults = [str(fault) for fault in found.faults[:20]]
    record("audit.verify", "chain", events=found.events, seals=found.seals, faults=faults, head=found.head)
    if faults:
        log.error("audit.chain_broken", faults=faults)
    return len(found.faults)


def accept() -> str:
    """Believe the chain as it ends now, whatever Redis remembers of it, and tell of that as an act: for after a backup was brought back."""
    before, now = noted_head.read(), chain.head_of(Seal.objects.order_by("-id").first())
    record("audit.accept", "chain", head=now, instead_of=before)
    noted_head.write(now)
    return now


def note_settings() -> None:
    """Tell which settings differ from those that were told last. Of a secret only its digest is kept."""
    now = {name: _told(name, str(getattr(settings.ENV, name))) for name in type(settings.ENV).model_fields}
    before = _last("settings.change")
    known = before.data["detail"].get("all", {}) if before else {}
    changed = {name: value for name, value in now.items() if known.get(name) != value}
    if changed:
        record("settings.change", "settings", changed=sorted(changed), all=now)


def _last(act: str) -> Event | None:
    return Event.objects.acts().filter(data__act=act).first()


def _told(name: str, value: str) -> str:
    if not any(word in name for word in SECRET):
        return value
    return f"sha256:{hashlib.sha256(f'{name}:{value}'.encode()).hexdigest()[:16]}" if value else ""
