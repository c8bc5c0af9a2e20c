"""`manage.py bench_ops`: the operators' pages over a flood of ended jobs, and a bulk retry that is aborted and undone.

It fills a tenant of its own in the database that is configured, prints how long the server takes for each page and how many questions it
asks, before the flood and after, and removes what it made. It asserts nothing. Never in production.
"""

import statistics
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rich.console import Console
from rich.table import Table

from jobs.core.errors import InvalidState
from jobs.core.states import State
from jobs.models import Bulk, DeadLetter, Failure, Job, Tally, Tenant
from jobs.queries import bulks as queries
from jobs.services import bulks, history, lifecycle

NAME, FEW, TIMES = "bench-ops", 200, 5
FLOOD = """
INSERT INTO jobs_job (id, tenant_id, type, queue, state, priority, payload, tags, attempt, attempts, turn, rescues, submitted_at, queued_at,
    started_at, finished_at, error, worker, request_id, failure, plain, position)
SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || 'a'
        || substr(md5(n::text), 4, 15))::uuid,
    %(tenant)s, CASE WHEN n %% 10 = 0 THEN 'platform.nothing' ELSE (ARRAY['stock.import', 'stock.reserve', 'seats.hold'])[1 + n %% 3] END,
    (ARRAY['default', 'bulk', 'checkout'])[1 + n %% 3],
    CASE WHEN n %% 10 = 0 THEN 'dead' WHEN n %% 97 = 0 THEN 'cancelled' ELSE 'succeeded' END,
    n %% 11, jsonb_build_object('number', n) || CASE WHEN n %% 10 = 0 THEN '{}' ELSE jsonb_build_object('sku', 'A-' || n %% 5000) END,
    ARRAY['batch:' || n %% 100], 1 + n %% 3, 3, 1, 0, t, t,
    t + interval '1 second', t + interval '1 second' * (1 + n %% 60),
    CASE WHEN n %% 10 = 0 THEN '{"type": "ValueError", "message": "no", "traceback": ""}'::jsonb END, 'w' || n %% 8 || '@host', '',
    CASE WHEN n %% 10 = 0 THEN lpad(to_hex(n %% 50), 16, 'f') ELSE '' END, false, ''
FROM (SELECT n, now() - interval '1 second' * (n * 604800.0 / %(count)s) AS t FROM generate_series(1, %(count)s) AS n) AS made"""
LETTERS = """
INSERT INTO jobs_deadletter (reference, tenant_id, job_id, type, queue, reason, payload, message, error, history, died_at)
SELECT 'bench-ops:' || id, tenant_id, id, type, queue, 'retries_exhausted', payload, '{}', error, '[]', finished_at
FROM jobs_job WHERE tenant_id = %(tenant)s AND state = 'dead'"""
FAILURES = """
INSERT INTO jobs_failure (id, type, error, "where", message, first_seen, last_seen, attempts, dead, sample, resolved_by)
SELECT failure, min(type), 'ValueError', 'bench', 'no', min(finished_at), max(finished_at), count(*), count(*), min(id::text)::uuid, ''
FROM jobs_job WHERE tenant_id = %(tenant)s AND failure <> '' GROUP BY failure"""
TALLIES = """
INSERT INTO jobs_tally (minute, type, queue, what, bucket, count)
SELECT date_trunc('minute', now()) - interval '1 minute' * m, 'bench.n' || k, 'default', what, bucket, 9
FROM generate_series(0, 1499) AS m, generate_series(1, 5) AS k, unnest(ARRAY['started', 'succeeded', 'dead']) AS what,
    generate_series(2, 9) AS bucket
ON CONFLICT DO NOTHING"""
SEARCHES = (
    "", "type:stock.import", "type:stock.*", "status:dead", "status:open", "status:dead type:platform.*", "data.sku:A-77",
    "data.sku:none", "age:<1h", "age:>6d", "worker:w3@host", "worker:*nobody*", "tag:batch:7", "took:>55s", "priority:10 -status:succeeded",
    "error:ValueError", "key:none", "reserve status:cancelled", f"tenant:{NAME}",
)  # fmt: skip
PAGES = (
    *(f"/ops/?window={window}" for window in ("1h", "6h", "24h", "7d", "30d")),
    "/ops/failures/", "/ops/dead-letters/", "/ops/dead-letters/?reason=timed_out", "/ops/bulk/", "/ops/bulk/new?act=retry&q=status:dead",
    "/ops/queues/", "/ops/workers/", "/ops/limits/", "/ops/breakers/", "/ops/tenants/", "/ops/alerts/", "/ops/webhooks/", "/ops/audit/",
)  # fmt: skip


class Command(BaseCommand):
    help = "Measure the operators' pages over a flood of ended jobs. It writes to the configured database, and removes it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--jobs", type=int, default=200_000)

    def handle(self, *args: Any, jobs: int, **options: Any) -> None:
        if settings.ENV.CONVEYOR_ENV == "production":
            raise CommandError("Not in production: it writes jobs that nobody asked for.")
        self.console = Console(file=cast(IO[str], self.stdout), width=120)
        with _scratch() as (tenant, browser):
            _flood(tenant, FEW)
            few = {path: _measure(browser, path) for path in _paths(tenant)}
            _clear(tenant)
            _flood(tenant, jobs)
            many = {path: _measure(browser, path) for path in _paths(tenant)}
            self._tell(jobs, few, many)
            self._bulk(tenant, browser)

    def _tell(self, jobs: int, few: dict[str, Any], many: dict[str, Any]) -> None:
        table = Table("page", "median ms", "worst ms", "queries", f"queries at {FEW}", title=f"{jobs:,} ended jobs, {TIMES} times each")
        for (path, (times, asked)), (_, before) in zip(many.items(), few.values(), strict=True):
            table.add_row(path, f"{statistics.median(times):.0f}", f"{max(times):.0f}", str(asked), str(before))
        self.console.print(table)
        worst = max((max(times), path) for path, (times, _) in many.items())
        self.console.print(f"worst: {worst[0]:.0f} ms, {worst[1]}")

    def _bulk(self, tenant: Tenant, browser: Client) -> None:
        """Retry the dead ones, a tenth of all; abort in the middle, undo; the page is asked all the while."""
        q = f"tenant:{NAME} status:dead"
        bulk = bulks.start("retry", q, queries.matching("retry", q, tenant), by=NAME, tenant=tenant, rate=2000)
        self.console.print(f"bulk retry of {bulk.total:,} dead jobs, at most {bulk.rate:,} a second")
        began = time.monotonic()
        pages = _while(lambda: _steps(bulk.pk), browser, f"/ops/bulk/{bulk.pk}/", lambda: _stop(bulk.pk, bulk.total // 2))
        bulk.refresh_from_db()
        self._told(f"aborted after {bulk.done:,} ({bulk.done / (time.monotonic() - began):,.0f} a second)", pages)
        undo = bulks.undo(bulk.pk, NAME)
        pages = _while(lambda: _steps(undo.pk), browser, f"/ops/bulk/{undo.pk}/", lambda: None)
        undo.refresh_from_db()
        self._told(f"undone: {undo.done:,} of {undo.total:,} new jobs cancelled before they started", pages)
        lifecycle.cancel_many([operation.job for operation in (bulk, undo) if operation.job])
        while lifecycle.record():
            pass
        self.console.print(f"left to retry: {queries.matching('retry', q, tenant).count():,}")

    def _told(self, words: str, pages: list[float]) -> None:
        self.console.print(
            f"{words}; its page meanwhile: {len(pages)} times, median {statistics.median(pages):.0f} ms, worst {max(pages):.0f} ms"
        )


@contextmanager
def _scratch() -> Iterator[tuple[Tenant, Client]]:
    user = get_user_model().objects.create_superuser(NAME)
    tenant = Tenant.objects.create(slug=NAME, name=NAME)
    browser = Client(headers={"host": "localhost"})
    browser.force_login(user)
    try:
        yield tenant, browser
    finally:
        _clear(tenant)
        Bulk.objects.filter(by=NAME).delete()
        Tenant.objects.filter(pk=tenant.pk).delete()
        user.delete()


def _clear(tenant: Tenant) -> None:
    """Without asking each row who refers to it."""
    Tally.objects.filter(type__startswith="bench.").delete()
    Failure.objects.filter(where="bench").delete()
    DeadLetter.objects.filter(tenant=tenant).delete()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_bulk SET job_id = NULL WHERE by = %s", [NAME])
        cursor.execute("UPDATE jobs_job SET replay_of_id = NULL WHERE tenant_id = %s AND replay_of_id IS NOT NULL", [tenant.pk])
        cursor.execute("DELETE FROM jobs_attempt WHERE job_id IN (SELECT id FROM jobs_job WHERE tenant_id = %s)", [tenant.pk])
        cursor.execute("DELETE FROM jobs_job WHERE tenant_id = %s", [tenant.pk])


def _flood(tenant: Tenant, count: int) -> None:
    words = {"tenant": tenant.pk, "count": count}
    with connection.cursor() as cursor:
        for statement in (FLOOD, LETTERS, FAILURES, TALLIES.replace("1499", str(min(1499, count)))):
            cursor.execute(statement, words)
        history.fold()
        cursor.execute("ANALYZE jobs_job, jobs_deadletter, jobs_tally, jobs_failure")


def _paths(tenant: Tenant) -> list[str]:
    job = Job.objects.filter(tenant=tenant, state=State.DEAD).order_by("pk")[0]
    letter = DeadLetter.objects.filter(tenant=tenant)[0]
    ones = [f"/ops/jobs/{job.pk}/", f"/ops/failures/{job.failure}/", f"/ops/dead-letters/{letter.pk}/", f"/ops/jobs/?q=id:{job.pk}"]
    return [*PAGES, *(f"/ops/jobs/?q={q}" for q in SEARCHES), "/ops/jobs/complete?q=type:s", *ones]


def _measure(browser: Client, path: str) -> tuple[list[float], int]:
    """Milliseconds of each time, and how many statements the last one took."""
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as asked:
            answer = browser.get(path)
        times.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise CommandError(f"{path} answered {answer.status_code}.")
    return times, len(asked)


def _steps(number: Any) -> None:
    while not (bulk := bulks.step(number, queries.of)).ended:
        time.sleep(0.5 * min(1.0, bulks.MOST_AT_ONCE / bulk.rate))
    connection.close()


def _stop(number: Any, after: int) -> None:
    if Bulk.objects.get(pk=number).done >= after:
        try:
            bulks.abort(number, NAME)
        except InvalidState:
            return


def _while(work: Callable[[], None], browser: Client, path: str, do: Callable[[], None]) -> list[float]:
    """How long the page took, asked again and again while the work is done in another thread."""
    thread, times = threading.Thread(target=work), []
    thread.start()
    while thread.is_alive():
        times += _measure(browser, path)[0]
        do()
    thread.join()
    return times
