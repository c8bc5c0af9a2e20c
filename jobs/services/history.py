"""The history that the overview shows: samples kept by minute; minutes folded into hours and hours into days, so that a month is as
quickly read as an hour. Every act may run twice.

What is counted stays in one row or another, so the sum over all of it goes on growing as a counter must.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from jobs.models import Sample

# Of this age a minute becomes part of its hour, an hour of its day; samples of this age are forgotten.
FOLDS = (("minute", "hour", timedelta(hours=7)), ("hour", "day", timedelta(days=8)))
KEPT = timedelta(days=400)

# Rows at the beginning of the hour stay and are named so; the others are added to them.
FOLD_TALLIES = """
WITH gone AS (DELETE FROM jobs_tally
    WHERE grain = %(fine)s AND minute < %(before)s AND minute <> date_trunc(%(coarse)s, minute, 'UTC') RETURNING *)
INSERT INTO jobs_tally (minute, type, queue, what, bucket, count, grain)
SELECT date_trunc(%(coarse)s, minute, 'UTC'), type, queue, what, bucket, sum(count), %(coarse)s FROM gone GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (minute, type, queue, what, bucket) DO UPDATE SET count = jobs_tally.count + excluded.count, grain = excluded.grain"""
FOLD_SAMPLES = """
WITH gone AS (DELETE FROM jobs_sample
    WHERE grain = %(fine)s AND minute < %(before)s AND minute <> date_trunc(%(coarse)s, minute, 'UTC') RETURNING *)
INSERT INTO jobs_sample (minute, what, queue, value, grain)
SELECT date_trunc(%(coarse)s, minute, 'UTC'), what, queue, max(value), %(coarse)s FROM gone GROUP BY 1, 2, 3
ON CONFLICT (minute, what, queue) DO UPDATE SET value = greatest(jobs_sample.value, excluded.value), grain = excluded.grain"""
NAME = "UPDATE {table} SET grain = %(coarse)s WHERE grain = %(fine)s AND minute < %(before)s"


def keep(values: Sequence[tuple[str, str, float]], now: datetime | None = None) -> int:
    """Keep (what, queue, value) for this minute; of two in one minute the later stays."""
    minute = (now or timezone.now()).replace(second=0, microsecond=0)
    rows = [Sample(minute=minute, what=what, queue=queue, value=value) for what, queue, value in values]
    Sample.objects.bulk_create(rows, update_conflicts=True, unique_fields=["minute", "what", "queue"], update_fields=["value"])
    return len(rows)


@transaction.atomic
def fold(now: datetime | None = None) -> int:
    """Minutes that are old enough become hours, hours become days; answers how many rows went away."""
    now, before = now or timezone.now(), _rows()
    with connection.cursor() as cursor:
        for fine, coarse, age in FOLDS:
            # Whole hours and days: a part of one would be named as if it were all.
            edge = (now - age).replace(minute=0, second=0, microsecond=0)
            words: dict[str, str | datetime] = {
                "fine": fine,
                "coarse": coarse,
                "before": edge if coarse == "hour" else edge.replace(hour=0),
            }
            for statement in (FOLD_TALLIES, FOLD_SAMPLES, NAME.format(table="jobs_tally"), NAME.format(table="jobs_sample")):
                cursor.execute(statement, words)
    Sample.objects.filter(minute__lt=now - KEPT).delete()
    return before - _rows()


def _rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM jobs_tally) + (SELECT count(*) FROM jobs_sample)")
        return int(cursor.fetchone()[0])
