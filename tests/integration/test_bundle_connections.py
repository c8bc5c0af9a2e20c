"""The jobs of a bundle share a connection to PostgreSQL, and never a broken one; with the bundle it ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from django.db import connection

from config.celery import app
from jobs.core.states import State
from jobs.infra import broker
from jobs.infra.redis import client
from jobs.models import Job, Tenant
from jobs.services import lifecycle, submission
from jobs.worker import bundle, connections
from tests.support import sample_jobs
from tests.support.sample_jobs import Number

Performed = Callable[..., list[Job]]


@pytest.fixture
def performed(transactional_db: None) -> Performed:
    """Performs jobs with these numbers in one bundle, in a thread of its own; answers their rows."""
    client().flushdb()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    for fixup in connections.fixups(app):
        # As a worker does at its start.
        fixup.install()
    connections.keep_for_bundles(app)

    def perform(*numbers: int) -> list[Job]:
        jobs = sample_jobs.backend.submit_many([Number(number=number) for number in numbers])
        with ThreadPoolExecutor(1) as pool:
            pool.submit(bundle.perform, *map(_taken, jobs)).result()
            assert pool.submit(lambda: connection.connection).result() is None
        lifecycle.record()
        return [Job.objects.get(pk=job.pk) for job in jobs]

    return perform


def _taken(job: Job) -> tuple[object, ...]:
    """As the worker's main process gives it to its pool."""
    message = orjson.loads(broker.envelope(submission.message(job)))
    request = {**message["headers"], "properties": message["properties"], "delivery_info": {}, "hostname": "tests"}
    return job.type, str(job.pk), request, [[], job.payload, {}]


def test_the_jobs_of_a_bundle_share_a_connection(performed: Performed) -> None:
    jobs = performed(0, 2, 4)
    assert [job.state for job in jobs] == [State.SUCCEEDED] * 3
    assert len({job.result for job in jobs}) == 1


def test_a_connection_that_a_job_has_lost_is_not_the_next_ones(performed: Performed) -> None:
    first, lost, last = performed(0, 1, 2)
    assert (first.state, lost.state, last.state) == (State.SUCCEEDED, State.RETRYING, State.SUCCEEDED)
    assert first.result != last.result
