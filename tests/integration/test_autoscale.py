"""Pools follow the need; a dry run says why and does nothing."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from jobs.core.scaling import Limits, Need
from jobs.infra import alive, control
from jobs.infra.redis import client
from jobs.models import Tally, Tenant
from jobs.queries import scaling
from jobs.services import lifecycle, tenants
from jobs.services.autoscaling import Autoscaler, Pool

MINUTE = timedelta(minutes=1)


@pytest.fixture
def busy(transactional_db: None) -> Tenant:
    """300 jobs of about 1.75 s each have started in the last five minutes, and 7,200 in this hour of yesterday."""
    client().flushdb()
    now = timezone.now()
    yesterday = (now - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    rows = [(now - MINUTE, "started", 5, 300), (now - MINUTE, "succeeded", 8, 300), (yesterday, "started", 5, 7200)]
    rows += [(now - timedelta(days=1, hours=2), "started", 5, 9)]
    for at, what, bucket, count in rows:
        Tally.objects.create(minute=at.replace(second=0, microsecond=0), type="a.b", queue="default", what=what, bucket=bucket, count=count)
    return Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


def test_the_need_follows_arrivals_runs_and_the_same_hour_of_past_days(busy: Tenant) -> None:
    (demand,) = [demand for demand in scaling.demands(timezone.now()) if demand.queue == "default"]
    assert (demand.rate, demand.expected, demand.run) == (1.0, 2.0, 1.75)
    (need,) = [need for need in scaling.needs() if need.queue == "default"]
    assert need.slots == 5


def test_a_pool_grows_at_once_and_shrinks_after_the_cooldown() -> None:
    scaler, pools, now = Autoscaler(Limits(1, 8), MINUTE), [Pool("w", 4, ("default",)), Pool("quiet", 4, ())], timezone.now()
    assert [change.by for change in scaler.decide(pools, [Need("default", 7, "")], now)] == [3]
    assert [change.by for change in scaler.decide(pools, [Need("default", 2, "")], now)] == [0]
    assert [change.by for change in scaler.decide(pools, [Need("default", 2, "")], now + MINUTE)] == [-1]
    scaler.decide(pools, [Need("default", 5, "")], now + MINUTE)
    assert [change.by for change in scaler.decide(pools, [Need("default", 2, "")], now + 2 * MINUTE)] == [0], "it was needed meanwhile"


def test_the_command_tells_the_workers_and_a_dry_run_none(busy: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(control, "resize", lambda worker, by: told.append((worker, by)))
    alive.tell(alive.WORKER, "w@here", {"processes": 2, "queues": ["default"]})
    said = StringIO()
    call_command("autoscale", "--once", "--dry-run", stdout=said)
    assert told == []
    assert "needs 5, has 2" in said.getvalue()
    call_command("autoscale", "--once", stdout=StringIO())
    assert told == [("w@here", 2)]
    lifecycle.record()
    alive.leads("autoscaler", "another", MINUTE)
    client().delete("conveyor:leader:autoscaler")
    assert alive.leads("autoscaler", "another", MINUTE)
    call_command("autoscale", "--once", stdout=said)
    assert told == [("w@here", 2)]
    assert "stands by" in said.getvalue()


def test_limits_that_can_not_be_are_refused(busy: Tenant) -> None:
    with pytest.raises(CommandError, match="--min"):
        call_command("autoscale", "--once", "--min", "5", "--max", "2")


def test_an_autoscaler_outside_reads_the_same_figure(busy: Tenant) -> None:
    caller = Client(headers={"Authorization": f"Bearer {tenants.create_key(busy, 'keda', ['operate'])[1]}"})
    slots = {item["queue"]: item["slots"] for item in caller.get("/api/scaling").json()}
    assert slots == {"checkout": 0, "default": 5, "bulk": 0}
    assert 'conveyor_wanted_slots{queue="default"} 5.0' in caller.get("/api/metrics").content.decode()
