"""The history of the overview: sampled by minute, folded into hours and days, summed the same at any grain."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone

from jobs.core.roles import Role
from jobs.infra import alive
from jobs.infra.redis import client
from jobs.models import Sample, Tally
from jobs.queries.activity import WINDOWS, activity, burn, history
from jobs.services import history as services
from jobs.worker import watch
from tests.support.people import signed_in

NOW = datetime(2026, 3, 10, 12, 34, 56, tzinfo=UTC)


def tally(minutes_ago: float, what: str = "succeeded", count: int = 1, bucket: int = 3, now: datetime = NOW) -> None:
    minute = (now - timedelta(minutes=minutes_ago)).replace(second=0, microsecond=0)
    Tally.objects.create(minute=minute, type="x.y", queue="default", what=what, bucket=bucket, count=count)


def total() -> int:
    return int(Tally.objects.aggregate(n=Sum("count"))["n"])


def test_old_minutes_become_hours_and_old_hours_days_and_nothing_is_lost(db: None) -> None:
    for hour in range(0, 24 * 12, 6):
        for minute in (0, 10, 34):
            tally(hour * 60 + minute)
    before, rows = total(), Tally.objects.count()
    assert services.fold(NOW) > 0
    grains = dict(Tally.objects.values_list("grain").annotate(n=Sum("count")))
    assert set(grains) == {"minute", "hour", "day"}
    assert (total(), Tally.objects.count() < rows) == (before, True)
    assert services.fold(NOW) == 0
    assert not Tally.objects.filter(grain="day").exclude(minute__hour=0, minute__minute=0).exists()
    assert not Tally.objects.filter(grain="minute", minute__lt=NOW - timedelta(hours=26)).exists()


def test_what_arrives_late_is_added_to_its_hour(db: None) -> None:
    tally(60 * 40 + 20)
    services.fold(NOW)
    tally(60 * 40 + 21)
    services.fold(NOW)
    assert Tally.objects.get().count == 2


def test_of_samples_the_highest_stays(db: None) -> None:
    for minute, value in ((10, 5.0), (11, 9.0), (12, 2.0)):
        services.keep([("depth", "bulk", value)], NOW - timedelta(hours=48, minutes=minute))
    services.keep([("depth", "bulk", 1.0)], NOW - timedelta(days=500))
    services.fold(NOW)
    assert Sample.objects.get().value == 9.0


def test_a_minute_is_sampled_once_however_many_look(db: None) -> None:
    client().flushdb()
    alive.tell(alive.WORKER, "here@host", {"queues": ["default"], "processes": 4, "running": [{"id": 1}]})
    for _ in range(2):
        watch.sample()
    seen = dict(Sample.objects.filter(queue="").values_list("what", "value"))
    assert seen == {"busy": 1.0, "slots": 4.0}
    assert Sample.objects.filter(what="depth").count() == 3
    assert [value for value in history(WINDOWS["1h"]).use if value is not None] == [0.25]


@pytest.mark.parametrize("name", WINDOWS)
def test_each_window_counts_what_lies_in_it(db: None, name: str) -> None:
    now = timezone.now()
    tally(1, now=now)
    tally(3, "dead", now=now)
    tally(60 * 24 * 40, count=100, now=now)
    services.fold()
    seen = activity(WINDOWS[name])
    assert seen.counts == {"succeeded": 1, "dead": 1}
    assert sum(point.succeeded for point in seen.series) == 1
    assert sum(point.failed for point in seen.series) == 1
    assert len(seen.series) == WINDOWS[name].length // WINDOWS[name].step


def test_the_budget_burns_as_fast_as_jobs_die(db: None) -> None:
    now = timezone.now()
    tally(1, "succeeded", 98, now=now)
    tally(1, "dead", 2, now=now)
    found = burn(0.99)
    assert (round(found.rates["1h"], 3), round(found.rates["6h"], 3), found.left) == (2.0, 2.0, 0.0)
    assert burn(0.9).left == pytest.approx(0.8)


def test_the_page_has_a_picture_and_a_table_of_each_and_says_when_there_is_nothing(db: None) -> None:
    client().flushdb()
    viewer = signed_in("vera", Role.VIEWER)
    assert viewer.get("/ops/?window=7d").content.decode().count("Nothing was seen in this time.") == 4
    tally(1, now=timezone.now())
    services.keep([("depth", "bulk", 7.0), ("busy", "", 1.0), ("slots", "", 2.0)])
    page = viewer.get("/ops/?window=1h").content.decode()
    assert page.count("<polyline") >= 3
    assert page.count("As a table") == 4
    assert "50%" in page
    assert "bulk 7" in page
