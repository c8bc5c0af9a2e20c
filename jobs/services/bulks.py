"""Doing something to every job that a search found: paced, with a beginning that can still be undone, stopped at any moment.

A job of the platform does it in steps. Each step locks the operation's row, does it to a few jobs and moves the operation's
place in one transaction: so an abort holds from the next step on, and a step that was lost is done again or not at all.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from jobs.core.errors import InvalidInput, InvalidState
from jobs.core.message import Message
from jobs.core.states import State as JobState
from jobs.infra import broker, state
from jobs.models import Bulk, DeadLetter, Job, Tenant
from jobs.models.bulk import JOB_TYPE
from jobs.models.job import JobQuerySet
from jobs.services import audit, lifecycle, submission
from jobs.services.submission import Order

log = structlog.get_logger(__name__)
# An operation waits so long before it starts, for a second thought.
GRACE = timedelta(seconds=5)
MOST_AT_ONCE = 250
FASTEST = 5000
Act, State = Bulk.Act, Bulk.State
# Why each of the jobs was refused; an empty text for one to which it was done.
Outcome = Sequence[str]


@transaction.atomic
def start(
    act: str,
    q: str,
    rows: JobQuerySet,
    *,
    by: str,
    user: Any = None,
    tenant: Tenant | None = None,
    priority: int | None = None,
    rate: int = 500,
) -> Bulk:
    """Begin, after GRACE; `rows` are the jobs that match now. Raises InvalidState when there are none."""
    return _start(
        Bulk(act=act, q=q, tenant=tenant, by=by, user=user, priority=priority if act == Act.REPRIORITISE else None, rate=rate), rows, GRACE
    )


def _start(bulk: Bulk, rows: JobQuerySet, grace: timedelta) -> Bulk:
    if not 1 <= bulk.rate <= FASTEST:
        raise InvalidInput(f"The pace is 1 to {FASTEST} jobs a second.", {"rate": f"is from 1 to {FASTEST}"})
    newest = rows.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        raise InvalidState("No job matches, so there is nothing to do.")
    bulk.until, bulk.total = newest, rows.order_by().count()
    order = Order(JOB_TYPE, {"bulk": str(bulk.pk)}, key=str(bulk.pk), delay=grace or None)
    bulk.job = submission.submit(order, bulk.tenant, submitted_by=bulk.user).job
    bulk.save()
    about = {"q": bulk.q, "total": bulk.total, "priority": bulk.priority, "undoes": str(bulk.undoes_id or "")}
    audit.record(f"bulk.{bulk.act}", f"bulk:{bulk.pk}", by=bulk.by, tenant=bulk.tenant, **about)
    return bulk


@transaction.atomic
def step(number: UUID, of: Callable[[Bulk], JobQuerySet]) -> Bulk:
    """Do it to the next few of the jobs that `of` answers; the operation has ended when there are none."""
    bulk = Bulk.objects.select_for_update(of=("self",)).select_related("tenant", "user").get(pk=number)
    if bulk.ended:
        return bulk
    if bulk.state == State.WAITING:
        bulk.state, bulk.started_at = State.RUNNING, timezone.now()
    jobs = list(of(bulk)[: max(1, min(MOST_AT_ONCE, bulk.rate // 2))])
    if jobs:
        _count(bulk, _do(bulk, jobs))
        bulk.place = jobs[-1].pk
    else:
        _end(bulk, State.DONE)
    bulk.save()
    return bulk


def _do(bulk: Bulk, jobs: Sequence[Job]) -> Outcome:
    acts: dict[str, Callable[[Bulk, Sequence[Job]], Outcome]] = {
        Act.RETRY: _retry,
        Act.CANCEL: _cancel,
        Act.DELETE: _delete,
        Act.REQUEUE: _move,
        Act.REPRIORITISE: _move,
    }
    return acts[bulk.act](bulk, jobs)


def _count(bulk: Bulk, outcome: Outcome) -> None:
    refusals = Counter(bulk.refusals)
    refusals.update(why[:200] for why in outcome if why)
    bulk.refusals = dict(refusals.most_common(20))
    bulk.refused += sum(1 for why in outcome if why)
    bulk.done += sum(1 for why in outcome if not why)


def _retry(bulk: Bulk, jobs: Sequence[Job]) -> Outcome:
    made, refused = submission.retry_many(jobs, bulk.tag, submitted_by=bulk.user)
    again = {job.replay_of_id: job for job in made}
    letters = list(DeadLetter.objects.filter(job__in=list(again), replayed_at=None))
    for letter in letters:
        letter.replayed_at, letter.replayed_as = timezone.now(), again[letter.job_id]
    DeadLetter.objects.bulk_update(letters, ["replayed_at", "replayed_as"])
    return [refused.get(job.pk, "") for job in jobs]


def _cancel(bulk: Bulk, jobs: Sequence[Job]) -> Outcome:
    answers = lifecycle.cancel_many(jobs, running=bulk.undoes_id is None)
    stopped = [job.pk for job, answer in zip(jobs, answers, strict=True) if answer == "cancelled"]
    if bulk.undoes_id:
        DeadLetter.objects.filter(replayed_as__in=stopped).update(replayed_at=None, replayed_as=None)
    return ["" if answer in ("cancelled", "requested") else f"It was {answer}." for answer in answers]


def _delete(bulk: Bulk, jobs: Sequence[Job]) -> Outcome:
    return [_deleted(job) for job in jobs]


def _deleted(job: Job) -> str:
    try:
        with transaction.atomic():
            job.delete()
    except ProtectedError:
        return "Something of an application refers to it."
    return ""


def _move(bulk: Bulk, jobs: Sequence[Job]) -> Outcome:
    hot = state.read([str(job.pk) for job in jobs])
    moved = broker.move([_anew(job, hot.get(str(job.pk)), bulk.priority) for job in jobs])
    lifecycle.placed([job for job, done in zip(jobs, moved, strict=True) if done], priority=bulk.priority)
    return ["" if done else "It had started." for done in moved]


def _anew(job: Job, hot: state.Hot | None, priority: int | None) -> tuple[Message, int]:
    """The message of the job's next turn, at once or with that priority where it stands; and the turn that it follows."""
    turn = hot.turn if hot else job.turn
    message = replace(submission.message(job), turn=turn + 1)
    if hot:
        message = replace(message, attempt=hot.attempt)
    if priority is None:
        return replace(message, due=None), turn
    due = int(hot.fields.get("due") or 0) if hot and hot.state in (JobState.RETRYING, JobState.WAITING) else 0
    return replace(message, priority=priority, due=datetime.fromtimestamp(due / 1000, UTC) if due else message.due), turn


def _end(bulk: Bulk, how: str) -> None:
    bulk.state, bulk.ended_at = how, timezone.now()
    log.info("bulk.ended", bulk=str(bulk.pk), act=bulk.act, q=bulk.q, by=bulk.by, state=how, done=bulk.done, refused=bulk.refused)


@transaction.atomic
def abort(number: UUID, by: str) -> Bulk:
    """Stop it where it is: what is done stays done. Raises InvalidState when it has ended."""
    bulk = Bulk.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=number)
    if bulk.ended:
        raise InvalidState(f"The operation has ended already: it is {bulk.state}.")
    _end(bulk, State.ABORTED)
    bulk.save()
    audit.record("bulk.abort", f"bulk:{bulk.pk}", by=by, tenant=bulk.tenant, done=bulk.done, refused=bulk.refused)
    return bulk


@transaction.atomic
def undo(number: UUID, by: str, user: Any = None) -> Bulk:
    """Take it back: one that waits never starts; one that retried is stopped, and the new jobs that have not started are
    cancelled, by an operation of its own. Answers the operation to look at. Raises InvalidState where there is nothing to undo."""
    bulk = Bulk.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=number)
    if bulk.state == State.WAITING:
        _end(bulk, State.UNDONE)
        bulk.save()
        audit.record("bulk.undo", f"bulk:{bulk.pk}", by=by, tenant=bulk.tenant)
        return bulk
    if bulk.act != Act.RETRY or bulk.state == State.UNDONE or Bulk.objects.filter(undoes=bulk).exists():
        raise InvalidState("Only a retry can be undone once it has started, and only once.")
    if not bulk.ended:
        _end(bulk, State.ABORTED)
        bulk.save()
    q = f"tag:{bulk.tag} status:submitted,scheduled,queued,waiting attempt:0"
    made = Bulk(act=Act.CANCEL, q=q, tenant=bulk.tenant, by=by, user=user, rate=FASTEST, undoes=bulk)
    rows = Job.objects.open().filter(tags__contains=[bulk.tag], attempt=0)
    return _start(made, rows, timedelta(0))
