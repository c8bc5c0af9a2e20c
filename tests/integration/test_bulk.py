"""Doing something to every job that matches: previewed, paced, aborted, undone, recorded."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from jobs.core.errors import InvalidInput, InvalidState
from jobs.core.roles import Role
from jobs.core.states import State
from jobs.infra import broker
from jobs.infra.redis import client
from jobs.models import Bulk, DeadLetter, Job, Tenant
from jobs.queries import bulks as queries
from jobs.services import bulks, lifecycle, submission, tenants
from jobs.services.submission import Order
from tests.support import sample_jobs
from tests.support.people import signed_in
from tests.support.sample_jobs import Number

DEAD = "type:sample.double status:dead"


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    client().flushdb()
    return Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


def dead(tenant: Tenant, count: int, type: str = "sample.double", **values: Any) -> list[Job]:
    """Jobs that died, with their letters."""
    now = timezone.now()
    fields = {"payload": {"number": 1}, "state": State.DEAD, "attempt": 3, "finished_at": now, "tags": ["kept", "bulk:earlier"], **values}
    jobs = Job.objects.bulk_create(Job(tenant=tenant, type=type, queue="default", **fields) for _ in range(count))
    letters = (
        DeadLetter(reference=str(j.pk), tenant=tenant, job=j, type=type, reason="retries_exhausted", payload=j.payload, message={})
        for j in jobs
    )
    DeadLetter.objects.bulk_create(letters)
    return jobs


def begin(act: str, q: str, **options: Any) -> Bulk:
    return bulks.start(act, q, queries.matching(act, q, None, options.get("priority")), by="olga", **options)


def whole(bulk: Bulk) -> Bulk:
    while not (bulk := bulks.step(bulk.pk, queries.of)).ended:
        pass
    return bulk


def recorded() -> None:
    while lifecycle.record():
        pass


def test_a_retry_submits_each_again_once_and_a_second_one_finds_nothing(tenant: Tenant) -> None:
    old = dead(tenant, 7)
    dead(tenant, 1, "no.such")
    bulk = whole(begin("retry", "status:dead", priority=3))
    assert (bulk.state, bulk.total, bulk.done, bulk.refused, bulk.by) == ("done", 8, 7, 1, "olga")
    assert "no job type 'no.such'" in next(iter(bulk.refusals))
    again = Job.objects.filter(tags__contains=[bulk.tag])
    assert set(again.values_list("replay_of", flat=True)) == {job.pk for job in old}
    assert again[0].tags == ["kept", bulk.tag] or again[0].tags == [bulk.tag, "kept"]
    assert DeadLetter.objects.exclude(replayed_as=None).count() == 7
    with pytest.raises(InvalidState, match="nothing to do"):
        begin("retry", DEAD)


def test_what_comes_later_is_not_touched(tenant: Tenant) -> None:
    dead(tenant, 2)
    bulk = begin("retry", DEAD)
    dead(tenant, 2)
    assert (whole(bulk).done, Bulk.objects.get().done) == (2, 2)


def test_a_step_that_is_lost_is_done_again_and_once(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    dead(tenant, 5)
    bulk = begin("retry", DEAD, rate=4)
    with monkeypatch.context() as broken:
        broken.setattr(bulks, "_count", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bulks.step(bulk.pk, queries.of)
    assert Job.objects.filter(replay_of__isnull=False).count() == 0
    assert whole(bulk).done == 5
    assert Job.objects.filter(replay_of__isnull=False).count() == 5


def test_an_abort_holds_and_an_undo_takes_back_what_has_not_started(tenant: Tenant) -> None:
    dead(tenant, 10)
    bulk = bulks.step(begin("retry", DEAD, rate=8).pk, queries.of)
    assert (bulk.state, bulk.done) == ("running", 4)
    bulks.abort(bulk.pk, "otto")
    assert whole(bulk).done == 4
    with pytest.raises(InvalidState, match="aborted"):
        bulks.abort(bulk.pk, "otto")
    started = Job.objects.filter(tags__contains=[bulk.tag]).first()
    assert started
    Job.objects.filter(pk=started.pk).update(attempt=1, state=State.RUNNING)
    undo = whole(bulks.undo(bulk.pk, "otto"))
    recorded()
    assert (undo.done, undo.by, undo.undoes_id) == (3, "otto", bulk.pk)
    assert Job.objects.filter(tags__contains=[bulk.tag], state=State.CANCELLED).count() == 3
    assert DeadLetter.objects.exclude(replayed_at=None).count() == 1
    with pytest.raises(InvalidState, match="only once"):
        bulks.undo(bulk.pk, "otto")
    # What was taken back can be retried; what has started can't be once more.
    assert queries.matching("retry", DEAD, None).count() == 9


def test_before_it_starts_it_is_undone_and_never_starts(tenant: Tenant) -> None:
    dead(tenant, 1)
    bulk = bulks.undo(begin("retry", DEAD).pk, "olga")
    assert (whole(bulk).state, Job.objects.filter(replay_of__isnull=False).count()) == ("undone", 0)


def test_only_a_retry_can_be_undone_later(tenant: Tenant) -> None:
    dead(tenant, 1)
    with pytest.raises(InvalidState, match="Only a retry"):
        bulks.undo(whole(begin("delete", DEAD)).pk, "olga")


def test_cancel_stops_what_waits_and_leaves_the_operation_itself(tenant: Tenant) -> None:
    sample_jobs.double.submit_many([Number(number=n) for n in range(3)])
    recorded()
    bulk = whole(begin("cancel", ""))
    recorded()
    assert (bulk.done, Job.objects.filter(type="sample.double", state=State.CANCELLED).count()) == (3, 3)
    assert Job.objects.get(pk=bulk.job_id).state != State.CANCELLED


def test_delete_takes_ended_jobs_with_their_attempts_and_keeps_letters(tenant: Tenant) -> None:
    dead(tenant, 3)
    sample_jobs.double.submit(Number(number=1))
    bulk = whole(begin("delete", "type:sample.double"))
    assert (bulk.done, Job.objects.filter(type="sample.double").count(), DeadLetter.objects.count()) == (3, 1, 3)


def test_requeue_brings_what_waits_for_its_time_to_run_now_and_once(tenant: Tenant, platform: None, ended: Callable[..., Job]) -> None:
    job = sample_jobs.double.submit(Number(number=4), delay=timedelta(minutes=5))
    recorded()
    assert whole(begin("requeue", "type:sample.double")).done == 1
    assert ended(job).result == 8
    assert broker.delayed() == 2, "the old message and the operation's own job"
    assert job.attempt == 1


def test_reprioritise_moves_jobs_ahead_and_the_old_message_is_worth_nothing(tenant: Tenant) -> None:
    first, later = sample_jobs.double.submit(Number(number=1)), sample_jobs.double.submit(Number(number=2), priority=3)
    scheduled = sample_jobs.double.submit(Number(number=3), delay=timedelta(minutes=5), priority=3)
    recorded()
    bulk = whole(begin("reprioritise", "priority:3", priority=9))
    recorded()
    assert bulk.done == 2
    later.refresh_from_db()
    scheduled.refresh_from_db()
    assert (later.priority, later.turn, later.state) == (9, 2, State.QUEUED)
    assert (scheduled.priority, scheduled.state, scheduled.run_at is not None) == (9, State.SCHEDULED, True)
    assert broker.place("default", 9, str(later.pk)) == 0
    assert broker.place("default", 5, str(first.pk)) == 1
    with pytest.raises(InvalidInput, match="0 to 10"):
        queries.matching("reprioritise", "", None, 11)


def test_a_job_that_has_started_is_not_moved(tenant: Tenant) -> None:
    job = sample_jobs.double.submit(Number(number=1))
    recorded()
    client().hset(f"conveyor:job:{job.pk}", "state", "running")
    bulk = whole(begin("requeue", "type:sample.double"))
    assert bulk.refusals == {"It had started.": 1}


# The pages, the API, the command line


def test_the_page_counts_first_starts_and_follows(tenant: Tenant) -> None:
    dead(tenant, 12)
    operator = signed_in("olga", Role.OPERATOR)
    page = operator.get("/ops/bulk/new", {"act": "retry", "q": DEAD}).content.decode()
    assert "Retry 12 jobs" in page
    assert operator.get("/ops/bulk/new", {"act": "retry", "q": DEAD, "priority": "3"}).status_code == 200
    assert "The newest 10" in page
    assert "Retry everything that matches" in operator.get("/ops/bulk/new").content.decode()
    assert Bulk.objects.count() == 0
    form = {"act": "retry", "q": DEAD, "seen": "11", "rate": "500"}
    assert "More jobs match now" in operator.post("/ops/bulk/new", form).content.decode()
    made = operator.post("/ops/bulk/new", {**form, "seen": "12"})
    bulk = Bulk.objects.get()
    assert (made["Location"], bulk.user.get_username() if bulk.user else "") == (f"/ops/bulk/{bulk.pk}/", "olga")
    assert "starts in a few seconds" in operator.get(made["Location"]).content.decode()
    whole(bulk)
    page = operator.get(made["Location"]).content.decode()
    assert "12 done" in page
    assert "what has not started" in page
    assert "are being cancelled" in operator.post(f"{made['Location']}undo", {"next": made["Location"]}, follow=True).content.decode()
    assert "Undo" in operator.get("/ops/bulk/").content.decode()
    assert operator.get("/ops/bulk/8d1b2a5e-0000-4000-8000-000000000001/").status_code == 404


def test_the_page_says_what_is_wrong(tenant: Tenant) -> None:
    operator = signed_in("olga", Role.OPERATOR)
    assert "No job matches" in operator.get("/ops/bulk/new?act=retry&q=type:none").content.decode()
    for query, sentence in (
        ("act=retry&q=stats:1", "Did you mean status?"),
        ("act=explode", "not &#x27;explode&#x27;"),
        ("act=delete", "Only an admin"),
    ):
        answer = operator.get(f"/ops/bulk/new?{query}")
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    dead(tenant, 1)
    assert "pace" in operator.post("/ops/bulk/new", {"act": "retry", "seen": "9", "rate": "7"}).content.decode()
    assert Bulk.objects.count() == 0


def test_viewers_look_and_admins_delete(tenant: Tenant) -> None:
    dead(tenant, 1)
    viewer, admin = signed_in("vera", Role.VIEWER), signed_in("ada", Role.ADMIN)
    assert viewer.get("/ops/bulk/").status_code == 200
    assert viewer.get("/ops/bulk/new?act=retry").status_code == 403
    assert "Delete 1 job" in admin.get("/ops/bulk/new", {"act": "delete", "q": DEAD}).content.decode()


def test_the_api_previews_starts_aborts_and_undoes_for_its_own_tenant(tenant: Tenant) -> None:
    dead(tenant, 3)
    dead(Tenant.objects.create(slug="other", name="Other"), 2)
    key = tenants.create_key(tenant, "operator", ["read", "operate"])[1]
    api = Client(headers={"authorization": f"Bearer {key}"})

    def post(path: str, body: Any = None) -> Any:
        return api.post(f"/api/bulks{path}", body or {}, content_type="application/json")

    preview = post("", {"act": "retry", "q": "status:dead"}).json()
    assert (preview["count"], len(preview["sample"])) == (3, 3)
    made = post("", {"act": "retry", "q": "status:dead", "dryRun": False})
    assert (made.status_code, made.json()["total"], made.json()["state"]) == (202, 3, "waiting")
    path = f"/{made.json()['id']}"
    whole(queries.get(made.json()["id"]))
    assert api.get(f"/api/bulks{path}").json()["done"] == 3
    assert post(f"{path}/abort").status_code == 409
    assert post(f"{path}/undo").json()["undoesId"] == made.json()["id"]
    assert len(api.get("/api/bulks").json()) == 2
    assert post("", {"act": "explode"}).status_code == 422
    assert post("", {"act": "reprioritise", "q": "", "dryRun": False}).json()["fields"] == {"priority": "is from 0 to 10"}
    reader = tenants.create_key(tenant, "reader", ["read"])[1]
    assert Client(headers={"authorization": f"Bearer {reader}"}).get("/api/bulks").status_code == 403
    stranger = tenants.create_key(Tenant.objects.get(slug="other"), "other", ["operate"])[1]
    assert Client(headers={"authorization": f"Bearer {stranger}"}).get(f"/api/bulks{path}").status_code == 404


def test_the_command_line_does_it_when_told_yes(tenant: Tenant) -> None:
    dead(tenant, 2)

    def said(*words: str) -> str:
        out = StringIO()
        call_command("bulk", *words, stdout=out)
        return out.getvalue()

    assert "2 jobs; --yes does it" in said("start", "retry", DEAD)
    assert Bulk.objects.count() == 0
    assert "2 jobs, from 5 seconds on" in said("start", "retry", DEAD, "--yes")
    assert "waiting" in said("list")
    assert "undone" in said("undo", str(Bulk.objects.get().pk))
    with pytest.raises(CommandError, match="ended already"):
        said("abort", str(Bulk.objects.get().pk))


def test_a_worker_retries_many_while_the_page_answers_and_stops_when_aborted(
    tenant: Tenant, platform: None, monkeypatch: pytest.MonkeyPatch, ended: Callable[..., Job]
) -> None:
    """What the benchmark does with 20,000, with fewer."""
    monkeypatch.setattr(bulks, "GRACE", timedelta(0))
    dead(tenant, 1500)
    operator = signed_in("olga", Role.OPERATOR)
    bulk = begin("retry", DEAD, rate=500)
    seen = set()

    def far_enough(_: Job) -> bool:
        now = queries.get(bulk.pk)
        assert operator.get(f"/ops/bulk/{bulk.pk}/").status_code == 200
        seen.add(now.done)
        return now.done >= 250

    assert bulk.job
    ended(bulk.job, far_enough)
    operator.post(f"/ops/bulk/{bulk.pk}/undo")
    undo = Bulk.objects.get(undoes=bulk)
    assert undo.job
    ended(bulk.job)
    ended(undo.job)
    bulk.refresh_from_db()
    undo.refresh_from_db()
    assert (bulk.state, undo.state) == ("aborted", "done")
    assert bulk.done < 1500
    made = Job.objects.filter(tags__contains=[bulk.tag])
    assert made.count() == bulk.done
    submitted_again = submission.submit(Order("sample.double", {"number": 2})).job
    assert ended(submitted_again).result == 4
    recorded()
    assert set(made.values_list("state", flat=True)) <= {State.CANCELLED, State.SUCCEEDED}
