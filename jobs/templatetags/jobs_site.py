"""How values are written on the site's pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django import template
from django.urls import reverse

from jobs.core.durations import spoken
from jobs.core.events import JobEvent
from jobs.core.job_type import registry
from jobs.models import Event, Job

register = template.Library()
WORDS = {
    JobEvent.QUEUED: "Put on its queue",
    JobEvent.SCHEDULED: "Scheduled",
    JobEvent.STARTED: "Started",
    JobEvent.RETRYING: "Failed; it will be tried again",
    JobEvent.HELD: "Stands before a gate",
    JobEvent.SNOOZED: "Put off by the job itself",
    JobEvent.RESCUED: "Given back: its worker was lost",
    JobEvent.CANCEL_REQUESTED: "Asked to stop",
    JobEvent.CANCELLED: "Cancelled",
    JobEvent.SUCCEEDED: "Succeeded",
    JobEvent.DEAD: "Dead: it will not be tried again",
}


@register.filter
def title(job: Job) -> str:
    """What the job does, in the words of its type."""
    said = registry.get(job.type).summary if job.type in registry else ""
    return said.rstrip(".") or job.type


@register.filter
def last_characters(value: object) -> str:
    """Enough of an id to tell neighbours apart."""
    return str(value)[-8:]


@register.filter
def words(event: Event) -> str:
    """The event in words for people."""
    return WORDS.get(JobEvent(event.name), event.name) if event.name in set(JobEvent) else event.name


@register.filter
def about(event: Event) -> str:
    """What the event says beyond its name."""
    data = event.data
    error = data.get("error") or {}
    told = [
        f"attempt {data['attempt']}" if "attempt" in data and event.name == JobEvent.STARTED else "",
        f"by {data['worker']}" if data.get("worker") else "",
        f"{error.get('type')}: {error.get('message')}" if error else "",
        str(data.get("why") or ""),
        str(data.get("gate") or ""),
        f"due {_clock(data['due'])}" if data.get("due") else "",
    ]
    return ", ".join(text for text in told if text)[:300]


@register.filter
def cut_underscore(value: object) -> str:
    return str(value).replace("_", " ")


@register.filter
def gate_address(opens_with: tuple[str, str]) -> str:
    """The operators' page on which a gate can be opened."""
    kind, name = opens_with
    if name.startswith("queue:"):
        return reverse("ops-queues")
    return reverse({"breaker": "ops-breakers"}.get(kind, "ops-limits")) + f"#{kind}-{name}"


def _clock(milliseconds: float) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%H:%M:%S}"


@register.filter
def pretty(value: Any) -> str:
    """JSON to read."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS, default=str).decode()


@register.filter
def reread(text: str) -> Any:
    """What JSON text says."""
    return orjson.loads(text)


@register.filter
def thousands(value: Any) -> str:
    """12 345 678, with thin spaces."""
    return f"{value:,}".replace(",", "\u2009") if isinstance(value, int) else str(value)


@register.filter
def percent(share: float) -> str:
    """`20 %` of 0.2, `0.5 %` of 0.005."""
    return f"{100 * share:.4g} %"


@register.filter
def listed(value: Any) -> str:
    """What an act told, to read: lists and tables without their brackets."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {listed(part)}" for name, part in value.items())
    return ", ".join(map(listed, value)) if isinstance(value, list) else str(value)


@register.filter
def lasting(start: datetime | None, end: datetime | None) -> str:
    """How long it took: `0.4 s`, `12 s`, `3 min 5 s`."""
    if not start or not end:
        return ""
    seconds = max((end - start) / timedelta(seconds=1), 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


register.filter("seconds", spoken)
