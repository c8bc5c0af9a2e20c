"""The only writer of job rows after their submission: journal entries become rows, each once and in order."""

import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection, transaction

from jobs.core.errors import InvalidState
from jobs.core.events import LEADS_TO, JobEvent
from jobs.core.states import AttemptState, State
from jobs.core.tally import BOUNDS
from jobs.infra import counted, journal, state, steps
from jobs.infra.journal import Entry
from jobs.models import Job, Projection
from jobs.services import sightings

JOB_EVENTS = {event.value for event in JobEvent}
ATTEMPT_ENDS = {
    JobEvent.SUCCEEDED: AttemptState.SUCCEEDED,
    JobEvent.RETRYING: AttemptState.FAILED,
    JobEvent.DEAD: AttemptState.FAILED,
    JobEvent.SNOOZED: AttemptState.SNOOZED,
    JobEvent.CANCELLED: AttemptState.CANCELLED,
}

UPDATE_JOBS = """
UPDATE jobs_job AS job SET
    state = coalesce(p.state, job.state), turn = greatest(p.turn, job.turn), attempt = coalesce(p.attempt, job.attempt),
    rescues = coalesce(p.rescues, job.rescues), worker = coalesce(p.worker, job.worker),
    queued_at = coalesce(to_timestamp(p.queued / 1000.0), job.queued_at),
    started_at = coalesce(to_timestamp(p.started / 1000.0), job.started_at),
    finished_at = coalesce(to_timestamp(p.finished / 1000.0), job.finished_at),
    cancel_requested_at = coalesce(to_timestamp(p.cancel / 1000.0), job.cancel_requested_at),
    run_at = coalesce(to_timestamp(p.due / 1000.0), job.run_at),
    progress = coalesce(p.progress, job.progress), result = coalesce(p.result, job.result),
    error = CASE WHEN p.state = 'succeeded' THEN NULL ELSE coalesce(p.error, job.error) END,
    failure = CASE WHEN p.state = 'succeeded' THEN '' ELSE coalesce(p.failure, job.failure) END,
    position = p.position
FROM jsonb_to_recordset(%s::jsonb) AS p(id uuid, state text, turn int, attempt int, rescues int, worker text, queued float8,
    started float8, finished float8, cancel float8, due float8, progress jsonb, result jsonb, error jsonb, failure text,
    position text)
WHERE job.id = p.id AND job.position < p.position"""

# The archive and its chain (jobs.models.seal), in one statement: no event is ever kept unsealed.
INSERT_EVENTS = """
WITH added AS (
    INSERT INTO jobs_event (position, name, subject, tenant, data, at)
    SELECT p.position, left(p.name, 100), left(p.subject, 200), p.tenant, p.data, to_timestamp(p.at / 1000.0)
    FROM jsonb_to_recordset(%s::jsonb) AS p(position text, name text, subject text, tenant text, data jsonb, at float8)
    ON CONFLICT DO NOTHING
    RETURNING position, jobs_event_digest(position, name, subject, tenant, data, at) AS digest),
batch AS (
    SELECT array_agg(position ORDER BY position) AS positions, string_agg(digest, ''::bytea ORDER BY position) AS digests
    FROM added HAVING count(*) > 0),
latest AS (SELECT coalesce((SELECT digest FROM jobs_seal ORDER BY id DESC LIMIT 1), ''::bytea) AS digest)
INSERT INTO jobs_seal (first, last, positions, digests, previous, digest, at)
SELECT positions[1], positions[cardinality(positions)], positions, digests, latest.digest,
    sha256(latest.digest || convert_to(array_to_string(positions, ','), 'UTF8') || digests), now()
FROM batch, latest"""

INSERT_PLAIN = """
INSERT INTO jobs_job (id, tenant_id, type, queue, state, priority, payload, tags, attempt, attempts, turn, rescues,
    submitted_at, worker, request_id, failure, plain, position)
SELECT p.id, tenant.id, left(p.type, 200), left(p.queue, 60), 'submitted', 5, p.payload, '{}', 0, 1, 1, 0,
    to_timestamp(p.at / 1000.0), '', '', '', true, ''
FROM jsonb_to_recordset(%s::jsonb) AS p(id uuid, tenant text, type text, queue text, payload jsonb, at float8)
JOIN jobs_tenant AS tenant ON tenant.slug = p.tenant
ON CONFLICT DO NOTHING"""

UPSERT_ATTEMPTS = """
INSERT INTO jobs_attempt (job_id, turn, number, state, worker, started_at, finished_at, error)
SELECT p.job, p.turn, p.number, p.state, coalesce(p.worker, ''), to_timestamp(p.started / 1000.0),
    to_timestamp(p.finished / 1000.0), p.error
FROM jsonb_to_recordset(%s::jsonb) AS p(job uuid, turn int, number int, state text, worker text, started float8,
    finished float8, error jsonb)
JOIN jobs_job AS job ON job.id = p.job
ON CONFLICT (job_id, turn) DO UPDATE SET state = excluded.state, error = excluded.error, finished_at = excluded.finished_at,
    worker = coalesce(nullif(excluded.worker, ''), jobs_attempt.worker),
    started_at = coalesce(excluded.started_at, jobs_attempt.started_at)"""

UPSERT_RESULTS = """
INSERT INTO django_celery_results_taskresult (task_id, task_name, status, result, traceback, worker, content_type,
    content_encoding, date_created, date_started, date_done, task_args, task_kwargs, meta, periodic_task_name)
SELECT p.id, p.name, p.status, p.result, p.traceback, p.worker, 'application/json', 'utf-8', now(), NULL,
    to_timestamp(p.at / 1000.0), p.args, p.kwargs, '{"children": []}', NULL
FROM jsonb_to_recordset(%s::jsonb) AS p(id text, name text, status text, result text, traceback text, worker text, at float8,
    args text, kwargs text)
ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, result = excluded.result, traceback = excluded.traceback,
    date_done = excluded.date_done"""


# Of the jobs that started or ended in these entries: how many by minute, type and queue, and how long they waited and ran.
COUNT = """
WITH p AS (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS p(id uuid, what text, at float8)),
told AS (
    SELECT date_trunc('minute', to_timestamp(p.at / 1000.0)) AS minute, job.type, job.queue, p.what,
        CASE p.what WHEN 'started' THEN extract(epoch FROM to_timestamp(p.at / 1000.0) - coalesce(job.queued_at, job.submitted_at))
            WHEN 'succeeded' THEN extract(epoch FROM to_timestamp(p.at / 1000.0) - job.started_at) END AS seconds
    FROM p JOIN jobs_job AS job ON job.id = p.id)
INSERT INTO jobs_tally (minute, type, queue, what, bucket, count)
SELECT minute, type, queue, what, coalesce(width_bucket(seconds::float8, %s::float8[]), 0), count(*) FROM told GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (minute, type, queue, what, bucket) DO UPDATE SET count = jobs_tally.count + excluded.count"""
COUNTED = {
    JobEvent.STARTED: "started",
    JobEvent.SUCCEEDED: "succeeded",
    JobEvent.RETRYING: "retrying",
    JobEvent.DEAD: "dead",
    JobEvent.CANCELLED: "cancelled",
    JobEvent.RESCUED: "rescued",
}


def record(count: int = 1000) -> int:
    """Write the next entries of the journal into rows; answers how many. Who holds the projection's row leads, others wait."""
    with transaction.atomic():
        projection, _ = Projection.objects.select_for_update().get_or_create(name=Projection.RECORDER)
        entries = journal.read(projection.position, count)
        if not entries:
            return 0
        with connection.cursor() as cursor:
            # What a crash of PostgreSQL takes away is written again: the place in the journal goes back with it.
            cursor.execute("SET LOCAL synchronous_commit TO off")
        apply(entries)
        projection.position = entries[-1].id
        projection.save()
    counted.counts.add(counted.RECORDED, len(entries))
    return len(entries)


def apply(entries: Sequence[Entry]) -> None:
    """Fold the entries into one change a row, and write them in a few statements."""
    jobs: dict[str, dict[str, Any]] = {}
    attempts: dict[tuple[str, int], dict[str, Any]] = {}
    plain: dict[str, dict[str, Any]] = {}
    for entry in (e for e in entries if e.name in JOB_EVENTS):
        job = str(row_id(entry.subject))
        if entry.data.get("plain"):
            plain.setdefault(job, _plain(job, entry))
        jobs.setdefault(job, {"id": job}).update(_job(entry))
        if attempt := _attempt(entry):
            attempts.setdefault((job, attempt["turn"]), {"job": job, "number": 1}).update(attempt)
    _write(INSERT_EVENTS, [_event(e) for e in entries if e.name != JobEvent.PROGRESSED])
    _write(INSERT_PLAIN, plain.values())
    _write(UPDATE_JOBS, jobs.values())
    _write(UPSERT_ATTEMPTS, attempts.values())
    _write(sightings.UPSERT, sightings.rows(entries, row_id))
    _write(COUNT, [_counted(e) for e in entries if e.name in COUNTED and e.data.get("at")], list(BOUNDS))
    _write(UPSERT_RESULTS, {e.subject: _result(e) for e in entries if e.data.get("plain")}.values())


def _write(statement: str, rows: Any, *more: Any) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [orjson.dumps(list(rows)).decode(), *more])


@lru_cache(4096)
def row_id(task_id: str) -> uuid.UUID:
    """The id of the row of a task; a foreign client's id need not be a UUID."""
    try:
        return uuid.UUID(task_id)
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, task_id)


def _job(entry: Entry) -> dict[str, Any]:
    event, data = JobEvent(entry.name), entry.data
    at = data.get("at")
    change: dict[str, Any] = {"position": entry.position}
    if to := LEADS_TO.get(event):
        change["state"] = to
    for name in ("attempt", "rescues", "worker", "progress", "result", "error", "due"):
        if name in data and not (name == "attempt" and _is_to_come(event, data["attempt"])):
            change[name] = data[name]
    if "turn" in data:
        change["turn"] = data.get("next_turn", data["turn"])
    moments = {JobEvent.QUEUED: "queued", JobEvent.STARTED: "started", JobEvent.CANCEL_REQUESTED: "cancel"}
    if event in moments:
        change[moments[event]] = at
    if to and to.ended:
        change["finished"] = at
    if told := (data.get("error") or {}).get("failure"):
        change["failure"] = told["id"]
    return change


def _is_to_come(event: JobEvent, attempt: int) -> bool:
    """The attempt has not begun. A held retry keeps its number all the same: it is published again with that."""
    return event in (JobEvent.QUEUED, JobEvent.SCHEDULED) or (event is JobEvent.HELD and attempt == 1)


def _counted(entry: Entry) -> dict[str, Any]:
    return {"id": str(row_id(entry.subject)), "what": COUNTED[JobEvent(entry.name)], "at": entry.data["at"]}


def _attempt(entry: Entry) -> dict[str, Any] | None:
    event, data = JobEvent(entry.name), entry.data
    if event is JobEvent.STARTED:
        started = {"turn": data["turn"], "number": data.get("attempt", 1), "state": AttemptState.RUNNING}
        return {**started, "worker": data.get("worker"), "started": data.get("at")}
    if event in ATTEMPT_ENDS and "attempt" in data:
        ended = {"turn": data["turn"], "number": data["attempt"], "state": ATTEMPT_ENDS[event]}
        return {**ended, "finished": data.get("at"), "error": data.get("error")}
    return None


def _plain(job: str, entry: Entry) -> dict[str, Any]:
    data = entry.data
    payload = {"args": data.get("args", []), "kwargs": data.get("kwargs", {})}
    return {"id": job, "tenant": entry.tenant, "type": data["type"], "queue": data["queue"], "payload": payload, "at": data["at"]}


def _event(entry: Entry) -> dict[str, Any]:
    return {
        "position": entry.position,
        "name": entry.name,
        "subject": entry.subject,
        "tenant": entry.tenant,
        "data": entry.data,
        "at": int(entry.id.partition("-")[0]),
    }


def _result(entry: Entry) -> dict[str, Any]:
    data, error = entry.data, entry.data.get("error")
    failed = error and {"exc_type": error["type"], "exc_message": [error["message"]], "exc_module": "builtins"}
    return {
        "id": entry.subject,
        "name": data["type"],
        "status": data["celery"],
        "result": orjson.dumps(failed or data.get("result")).decode(),
        "traceback": error["traceback"] if error else None,
        "worker": data.get("worker"),
        "at": data["at"],
        "args": orjson.dumps(data.get("args")).decode(),
        "kwargs": orjson.dumps(data.get("kwargs")).decode(),
    }


def cancel_many(jobs: Sequence[Job], *, running: bool = True) -> list[str]:
    """Ask jobs to stop: "cancelled" or "requested" of each, else the state that forbids it; one that runs only if `running`."""
    answers = state.cancel_many([(str(job.pk), job.tenant.slug, job.turn) for job in jobs], running=running)
    for job, answer in zip(jobs, answers, strict=True):
        if answer == "cancelled":
            steps.tell(JobEvent.CANCELLED, job.pk, job.tenant.slug, job.request_id, job.trace, type=job.type, turn=job.turn)
    return answers


def placed(jobs: Sequence[Job], *, priority: int | None = None) -> None:
    """Their messages were put anew in line: at once, or with another priority where they stood."""
    change: dict[str, Any] = {"run_at": None} if priority is None else {"priority": priority}
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(**change)


def cancel(job: Job) -> str:
    """Ask a job to stop: "cancelled" at once, or "requested" of a running one. Raises InvalidState when it has ended."""
    answer = cancel_many([job])[0] if not State(job.state).ended else job.state
    if answer in ("cancelled", "requested") and not State(job.state).ended:
        return answer
    raise InvalidState(f"The job has ended already: it is {answer}.")
