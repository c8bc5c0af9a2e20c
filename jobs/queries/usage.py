"""What each tenant uses: jobs of a day, what stands open, time of workers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, Sum
from django.utils import timezone

from jobs.core.states import OPEN, State
from jobs.models import ApiKey, Job, Tenant

DAY = timedelta(days=1)
MOST = 200


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one tenant over the last day; `open` and `running` of this moment. `share`: of the working time of all."""

    tenant: Tenant
    submitted: int
    succeeded: int
    dead: int
    worked: timedelta
    share: float
    open: int
    running: int
    keys: int
    last_key_use: datetime | None


def by_tenant() -> list[Usage]:
    """Who uses most first. The same few statements however many jobs and tenants there are."""
    day, now_open, keys = _day(), _open(), _keys()
    total = sum((row["worked"] or timedelta(0) for row in day.values()), timedelta(0))
    found = [
        _usage(tenant, day.get(tenant.pk, {}), now_open.get(tenant.pk, {}), keys.get(tenant.pk, {}), total)
        for tenant in Tenant.objects.all()
    ]
    return sorted(found, key=lambda usage: (usage.worked, usage.submitted), reverse=True)[:MOST]


def _day() -> dict[int, dict[str, Any]]:
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    rows = Job.objects.filter(submitted_at__gt=timezone.now() - DAY).values("tenant").order_by()
    counts = {"submitted": Count("pk"), **{s.value: Count("pk", filter=Q(state=s)) for s in (State.SUCCEEDED, State.DEAD)}}
    return {row["tenant"]: dict(row) for row in rows.annotate(worked=Sum(took), **counts)}


def _open() -> dict[int, dict[str, Any]]:
    rows = Job.objects.filter(state__in=sorted(OPEN)).values("tenant").order_by()
    return {row["tenant"]: dict(row) for row in rows.annotate(open=Count("pk"), running=Count("pk", filter=Q(state=State.RUNNING)))}


def _keys() -> dict[int, dict[str, Any]]:
    rows = ApiKey.objects.usable().values("tenant").order_by()
    return {row["tenant"]: dict(row) for row in rows.annotate(keys=Count("pk"), last=Max("last_used_at"))}


def _usage(tenant: Tenant, day: dict[str, Any], now: dict[str, Any], keys: dict[str, Any], total: timedelta) -> Usage:
    worked = day.get("worked") or timedelta(0)
    submitted, succeeded, dead = (int(day.get(name, 0)) for name in ("submitted", "succeeded", "dead"))
    share = worked / total if total else 0.0
    return Usage(
        tenant, submitted, succeeded, dead, worked, share, now.get("open", 0), now.get("running", 0), keys.get("keys", 0), keys.get("last")
    )
