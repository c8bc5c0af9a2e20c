"""A tenant's flood delays another's job by its window at most; a type that no worker knows waits for one that does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.contrib.testing.worker import start_worker

from jobs.core.states import State
from jobs.infra import broker
from jobs.infra.redis import client
from jobs.models import Event, Job, Tenant
from jobs.queries.standing import unknown_types
from jobs.queries.why import why
from jobs.services import lifecycle, operations, rules
from tests.support import sample_jobs
from tests.support.processes import Processes, processes
from tests.support.sample_jobs import Number
from tests.support.waiting import until

WINDOW = 5
FLOOD = 60


@pytest.fixture
def tenants(transactional_db: None, settings: object) -> tuple[Tenant, Tenant]:
    client().flushdb()
    settings.TENANT_WINDOW = WINDOW  # type: ignore[attr-defined]
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    return Tenant.objects.create(slug="noisy", name="Noisy"), Tenant.objects.create(slug="quiet", name="Quiet")


def _work_until_all_have_ended() -> list[str]:
    """The tenants of the jobs in the order in which they started."""
    from config.celery import app

    with start_worker(app, pool="solo", perform_ping_check=False, queues=["default"], loglevel="ERROR"):
        until(lambda: operations.promote() is not None and lifecycle.record() is not None and not Job.objects.open().exists(), 60)
    return list(Event.objects.filter(name="job.started").order_by("position").values_list("tenant", flat=True))


def test_a_flood_delays_another_tenants_job_by_its_window_at_most(tenants: tuple[Tenant, Tenant]) -> None:
    noisy, quiet = tenants
    rules.restore()
    sample_jobs.double.submit_many([Number(number=n) for n in range(FLOOD)], tenant=noisy)
    job = sample_jobs.double.submit(Number(number=1), tenant=quiet)
    assert broker.depths(["default"]) == {"default": WINDOW + 1}
    lifecycle.record()
    last = Job.objects.filter(tenant=noisy).order_by("pk").last()
    assert last is not None
    assert [(gate.name, gate.place) for gate in why(last)] == [("tenant_window", FLOOD - WINDOW - 1)]
    started = _work_until_all_have_ended()
    assert len(started) == FLOOD + 1
    assert started.index("quiet") <= WINDOW
    assert Job.objects.get(pk=job.pk).state == State.SUCCEEDED


def test_without_windows_it_waits_for_the_whole_flood(tenants: tuple[Tenant, Tenant], settings: object) -> None:
    settings.TENANT_WINDOW = 0  # type: ignore[attr-defined]
    noisy, quiet = tenants
    rules.restore()
    sample_jobs.double.submit_many([Number(number=n) for n in range(FLOOD)], tenant=noisy)
    sample_jobs.double.submit(Number(number=1), tenant=quiet)
    assert _work_until_all_have_ended().index("quiet") == FLOOD


def test_a_tenant_of_twice_the_weight_is_served_twice_as_often(tenants: tuple[Tenant, Tenant]) -> None:
    noisy, quiet = tenants
    Tenant.objects.filter(pk=quiet.pk).update(weight=2)
    rules.restore()
    for tenant in (noisy, quiet):
        sample_jobs.double.submit_many([Number(number=n) for n in range(FLOOD)], tenant=tenant)
    first = _work_until_all_have_ended()[: FLOOD + WINDOW]
    assert 1.5 < first.count("quiet") / first.count("noisy") < 2.7


def test_a_single_tenant_has_no_window(transactional_db: None) -> None:
    client().flushdb()
    Tenant.objects.exclude(slug="default").delete()
    tenant = Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]
    rules.restore()
    sample_jobs.double.submit_many([Number(number=n) for n in range(150)], tenant=tenant)
    assert broker.depths(["default"]) == {"default": 150}


# Deploy skew


@pytest.fixture
def started(transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    client().flushdb()
    with processes(tmp_path) as started:
        yield started


def test_a_type_that_no_worker_knows_waits_and_is_shown_until_one_does(started: Processes) -> None:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    job = sample_jobs.double.submit(Number(number=21))
    options = ("--queues", "default", "--pool", "solo", "--without-gossip", "--without-mingle")
    started.start("old", "-m", "celery", "-A", "config", "worker", *options, "-n", "old@%h")

    def state() -> str:
        operations.promote()
        lifecycle.record()
        return Job.objects.get(pk=job.pk).state

    until(lambda: state() == State.WAITING, 60, started.logs)
    assert [gate.name for gate in why(Job.objects.get(pk=job.pk))] == ["unknown_type"]
    assert unknown_types() == {"sample.double": 1}
    started.worker("--pool", "solo", "-n", "new@%h", name="new")
    until(lambda: state() == State.SUCCEEDED, 60, started.logs)
    done = Job.objects.get(pk=job.pk)
    assert (done.result, done.attempt) == (42, 1)
