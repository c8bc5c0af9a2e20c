"""PostgreSQL: its version, the way to it, its clock, its tables, and what has not left it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from jobs.core.states import State
from jobs.models import Job
from jobs.queries.doctor.finding import Finding, of_clocks

OLDEST = 14
STUCK = timedelta(minutes=1)
NEAR = ("", "localhost", "127.0.0.1", "::1")


def version() -> Finding:
    text, number = _asked("SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000")
    if number < OLDEST:
        return Finding.fail(f"PostgreSQL {text}", f"Install PostgreSQL {OLDEST} or later.")
    return Finding.ok(f"PostgreSQL {text}")


def encryption() -> Finding:
    host = str(connection.settings_dict["HOST"])
    if host.startswith("/") or host in NEAR:
        return Finding.ok("on this host")
    if _asked("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0]:
        return Finding.ok("encrypted")
    return Finding.warn(f"not encrypted to {host}", "Add ?sslmode=verify-full&sslrootcert=FILE to DATABASE_URL.")


def clock() -> Finding:
    before = timezone.now()
    there: datetime = _asked("SELECT clock_timestamp()")[0]
    return of_clocks(there - (before + (timezone.now() - before) / 2), "PostgreSQL")


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = [f"{m.app_label}.{m.name}" for m, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        return Finding.fail(f"not applied: {', '.join(missing)}", "python manage.py migrate")
    return Finding.ok("all applied")


def unpublished() -> Finding:
    """Jobs that were accepted and have not reached the broker; reconciliation publishes them as soon as it can."""
    stuck = Job.objects.filter(state=State.SUBMITTED, plain=False, submitted_at__lt=timezone.now() - STUCK).count()
    if stuck:
        return Finding.warn(f"{stuck} jobs have not reached the broker for a minute", "See beat, the recorder and Redis' memory below.")
    return Finding.ok("none")


def _asked(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()
