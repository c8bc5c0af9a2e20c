"""Webhooks on real stores: what is delivered, when, how often, in which order; a receiver on loopback stands for somebody's server."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import TestCase
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from jobs.core.errors import InvalidInput, InvalidState
from jobs.core.events import ACTED
from jobs.core.webhook_events import DISABLED
from jobs.infra import journal
from jobs.models import Callback, Delivery, DeliveryAttempt, Job, Projection, Tenant, Webhook
from jobs.queries import metrics
from jobs.services import deliveries, events, lifecycle, sending, webhooks
from jobs.subscribers import webhooks as subscriber
from tests.support import sample_jobs
from tests.support.receivers import Receiver
from tests.support.sample_jobs import Nothing, Number

LATER = timedelta(days=1)


@pytest.fixture
def tenant(webhook_tenant: Tenant, settings: Any) -> Tenant:
    settings.WEBHOOK_TIMEOUT = timedelta(seconds=20)
    settings.WEBHOOK_RETRIES = [timedelta(hours=1)] * 8
    return webhook_tenant


@pytest.fixture
def webhook(tenant: Tenant, receiver: Receiver) -> Webhook:
    return webhooks.create(tenant, f"{receiver.url}/hook", ["orders.**"])[0]


def publish(*numbers: int, name: str = "orders.created", tenant: Tenant | None = None) -> None:
    for number in numbers:
        events.publish_own(name, {"number": number}, subject="order:1", tenant=tenant or Tenant.objects.get(slug="default"))


def follow() -> None:
    while subscriber.follow():
        pass


def run(limit: int = 1000) -> list[str]:
    """What workers would do: perform the jobs of deliveries that are in flight, until none is."""
    words: list[str] = []
    while found := Delivery.objects.in_flight().order_by("pk").first():
        words.append(sending.deliver(found.pk, _job(found)))
        assert len(words) <= limit
    return words


def _job(delivery: Delivery) -> UUID:
    assert delivery.job_id
    return delivery.job_id


def come_due() -> None:
    """Let the pauses of parked deliveries and of breakers pass."""
    Delivery.objects.parked().update(due_at=timezone.now())
    Webhook.objects.exclude(open_until=None).update(open_until=timezone.now())


def failing(request: Any) -> tuple[int, dict[str, str], bytes]:
    return 500, {}, b"broken"


def fine(request: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, b""


# What is delivered


def test_an_event_that_fits_is_delivered_signed_as_standard_webhooks_says(tenant: Tenant, receiver: Receiver) -> None:
    webhook, secret = webhooks.create(tenant, f"{receiver.url}/hook?a=1", ["orders.**"])
    publish(1)
    publish(2, name="parcels.sent")
    follow()
    assert run() == ["succeeded"]
    (request,) = receiver.received
    assert request.path == "/hook?a=1"
    event = Verifier(secret).verify(request.body, request.headers)
    assert (event["specversion"], event["type"], event["subject"], event["data"]) == ("1.0", "orders.created", "order:1", {"number": 1})
    assert request.id == f"{event['id']}_{webhook.pk}"
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.job is None) == ("succeeded", 1, False)
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.status, attempt.response_body, attempt.request_headers["webhook-id"]) == (200, "thanks", request.id)


def test_an_event_about_something_with_an_endless_name_is_delivered_and_holds_up_nobody(tenant: Tenant, receiver: Receiver) -> None:
    webhooks.create(tenant, receiver.url, ["job.succeeded"])
    journal.append("job.succeeded", "x" * 300, "default", {"plain": True, "turn": 1})
    follow()
    assert run() == ["succeeded"]
    assert receiver.received[0].json["subject"] == "x" * 300


def test_each_event_makes_one_delivery_however_often_it_is_read(webhook: Webhook) -> None:
    publish(1, 2)
    follow()
    Projection.objects.filter(name=subscriber.NAME).update(position="0-0")
    follow()
    assert Delivery.objects.count() == 2
    delivery = Delivery.objects.first()
    assert delivery
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(webhook=webhook, event=delivery.event, name="x.y", body="{}")


def test_a_follower_that_dies_leaves_neither_deliveries_nor_a_place(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(1)
    with monkeypatch.context() as broken:
        accept = deliveries.accept
        broken.setattr(deliveries, "accept", lambda entries: accept(entries) / 0)
        with pytest.raises(ZeroDivisionError):
            subscriber.follow()
    assert not Delivery.objects.exists()
    follow()
    assert Delivery.objects.count() == 1


def test_an_endpoint_hears_from_its_making_on_and_of_its_tenant_alone(tenant: Tenant, receiver: Receiver) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    publish(1)
    webhooks.create(tenant, receiver.url, ["**"])
    publish(2)
    publish(3, tenant=other)
    follow()
    run()
    assert [request.json["data"] for request in receiver.received] == [{"number": 2}]


def test_where_there_is_no_endpoint_nothing_is_read_and_nothing_missed_later(tenant: Tenant, receiver: Receiver) -> None:
    publish(1)
    assert subscriber.follow() == 0
    assert Projection.objects.get(name=subscriber.NAME).position == journal.last_id()
    webhooks.create(tenant, receiver.url, ["**"])
    publish(2)
    follow()
    run()
    assert [request.json["data"] for request in receiver.received] == [{"number": 2}]


def test_jobs_of_webhooks_and_progress_are_not_told_to_webhooks(tenant: Tenant, receiver: Receiver) -> None:
    webhooks.create(tenant, receiver.url, ["job.**"])
    job = sample_jobs.double.submit(Number(number=1))
    journal.append("job.progressed", str(job.pk), "default", {"progress": {"done": 1}})
    for _ in range(3):
        follow()
        run()
    # Queued are the sample and one delivery; told is the sample.
    assert Job.objects.filter(type=deliveries.DELIVER).count() == 1
    assert receiver.names == ["job.queued"]


def test_what_is_for_operators_alone_goes_to_no_endpoint_and_each_act_is_kept(tenant: Tenant, receiver: Receiver) -> None:
    webhook, secret = webhooks.create(tenant, f"{receiver.url}/hook?token=t0ken", ["**"])
    webhooks.change(webhook, patterns=["**"], description="all")
    webhooks.rotate(webhook)
    webhooks.pause(webhook, "night")
    webhooks.resume(webhook)
    webhooks.remove(webhook)
    acts = [entry.data for entry in journal.read("0-0") if entry.name == ACTED]
    assert [act["act"] for act in acts] == [f"webhook.{act}" for act in ("create", "change", "rotate", "pause", "resume", "remove")]
    assert {act["object"] for act in acts} == {f"webhook:{webhook.pk}"}
    assert secret not in str(acts)
    assert "t0ken" not in str(journal.read("0-0"))
    webhooks.create(tenant, receiver.url, ["**"])
    webhooks.create(tenant, receiver.url, ["**"])
    follow()
    assert (run(), receiver.received) == ([], [])


def test_an_endpoint_never_hears_of_itself(tenant: Tenant, receiver: Receiver) -> None:
    first, _ = webhooks.create(tenant, f"{receiver.url}/first", ["webhook.*"])
    webhooks.create(tenant, f"{receiver.url}/second", ["webhook.*"])
    webhooks.pause(first, "holiday")
    webhooks.resume(first)
    follow()
    run()
    assert [(request.path, request.json["type"]) for request in receiver.received] == [
        ("/second", "webhook.paused"),
        ("/second", "webhook.resumed"),
    ]


# Failing


def test_a_failed_try_is_repeated_with_the_same_id_and_body_and_then_given_up(webhook: Webhook, receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_RETRIES = [timedelta(minutes=1), timedelta(hours=1)]
    receiver.answer = failing
    publish(1)
    follow()
    assert run() == ["retrying"]
    first = Delivery.objects.get()
    assert timedelta(seconds=50) < first.due_at - timezone.now() < timedelta(minutes=1.2)
    assert deliveries.dispatch_due() == 0
    for word in ("retrying", "failed"):
        come_due()
        assert deliveries.dispatch_due() == 1
        assert run() == [word]
    assert len({(request.id, request.body) for request in receiver.received}) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.attempts.count()) == ("failed", 3, 3)


def test_a_receivers_wish_to_wait_is_heeded(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = lambda request: (503, {"Retry-After": "36000"}, b"")
    publish(1)
    follow()
    run()
    assert Delivery.objects.get().due_at - timezone.now() > timedelta(hours=9)


def test_the_breaker_opens_parks_the_others_without_a_try_and_lets_one_canary_go(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = failing
    publish(*range(12))
    follow()
    words = run()
    assert (words.count("retrying"), words.count("parked")) == (5, 7)
    assert len(receiver.received) == 5
    assert deliveries.dispatch_due() == 0
    come_due()
    assert deliveries.dispatch_due() == 1
    assert deliveries.dispatch_due() == 0
    assert run() == ["retrying"]
    webhook.refresh_from_db()
    assert webhook.openings == 2
    assert sum(Delivery.objects.values_list("tries", flat=True)) == 6
    receiver.answer = fine
    come_due()
    assert deliveries.dispatch_due() == 1
    come_due()
    # The canary's success lets the others go.
    assert run() == ["succeeded"] + ["succeeded"] * 11 or deliveries.dispatch_due() + len(run()) >= 11
    assert not Delivery.objects.exclude(state="succeeded").exists()
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.openings, webhook.open_until, webhook.failing_since) == (0, 0, None, None)


def test_whoever_looks_at_once_when_the_breaker_is_half_open_one_canary_goes(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = failing
    publish(*range(8))
    follow()
    run()
    come_due()
    start, sent = Barrier(6), list[int]()

    def look() -> None:
        start.wait(20)
        try:
            sent.append(deliveries.release(webhook.pk))
        finally:
            connection.close()

    lookers = [Thread(target=look) for _ in range(6)]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()
    assert sorted(sent) == [0, 0, 0, 0, 0, 1]
    webhook.refresh_from_db()
    assert [delivery.pk for delivery in Delivery.objects.in_flight()] == [webhook.canary]


def test_a_failure_of_before_does_not_let_a_second_canary_go(webhook: Webhook, receiver: Receiver) -> None:
    """A try that set out before the breaker opened ends when its pause is over."""
    receiver.answer = failing
    publish(*range(8))
    follow()
    late = Delivery.objects.latest("pk")
    outcome = sending.request(late)
    while first := Delivery.objects.in_flight().exclude(pk=late.pk).order_by("pk").first():
        sending.deliver(first.pk, _job(first))
    Webhook.objects.update(open_until=timezone.now())
    assert sending.record(late, _job(late), outcome) == "retrying"
    come_due()
    assert [deliveries.dispatch_due(), deliveries.dispatch_due(), Delivery.objects.in_flight().count()] == [1, 0, 1]


def test_the_figures_tell_of_endpoints_that_do_not_take_what_is_sent(webhook: Webhook, tenant: Tenant, receiver: Receiver) -> None:
    webhooks.pause(webhooks.create(tenant, receiver.url, ["none.*"])[0])
    receiver.answer = failing
    publish(*range(7))
    follow()
    run()
    told = metrics.text().decode()
    for line in (
        'conveyor_webhooks{state="active"} 1.0',
        'conveyor_webhooks{state="paused"} 1.0',
        "conveyor_webhook_deliveries_pending 7.0",
        "conveyor_webhook_breakers_open 1.0",
    ):
        assert line in told


def test_an_endpoint_that_failed_too_long_is_disabled_and_its_owners_are_told(
    webhook: Webhook, receiver: Receiver, settings: Any, django_user_model: Any
) -> None:
    django_user_model.objects.create_superuser("root", "root@example.com", "x")
    settings.WEBHOOK_DISABLE_AFTER = timedelta(hours=1)
    receiver.answer = failing
    publish(1)
    follow()
    run()
    Webhook.objects.update(failing_since=timezone.now() - timedelta(hours=2))
    come_due()
    deliveries.dispatch_due()
    run()
    webhook.refresh_from_db()
    assert webhook.state == "disabled"
    assert "500" in webhook.why
    assert [entry.name for entry in journal.read("0-0") if entry.name.startswith("webhook.")] == [DISABLED]
    (notice,) = Job.objects.filter(type=webhooks.NOTICE)
    from jobs import tasks
    from jobs.testing import perform

    assert perform(tasks.tell_of_disabled_webhook, notice.payload).result == 1
    assert mail.outbox[0].to == ["root@example.com"]
    assert f"/webhooks/{webhook.pk}/" in mail.outbox[0].body
    # What happens meanwhile is kept, and sent when it is active again.
    publish(2)
    follow()
    assert run() == []
    receiver.answer = fine
    webhooks.resume(webhook)
    assert len(run()) >= 1
    assert receiver.received[-1].json["data"] == {"number": 2}


def test_a_receiver_that_is_gone_is_disabled_at_once(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = lambda request: (410, {}, b"")
    publish(1)
    follow()
    run()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.why) == ("disabled", "The receiver answered 410 Gone.")


def test_an_address_that_is_closed_is_a_failed_try_that_says_so(webhook: Webhook, settings: Any) -> None:
    publish(1)
    follow()
    settings.OUTBOUND_ALLOWED_NETWORKS = []
    assert run() == ["retrying"]
    assert "loopback" in DeliveryAttempt.objects.get().error


def test_a_delivery_whose_job_ended_without_a_word_is_tried_again(webhook: Webhook) -> None:
    publish(1)
    follow()
    lost = Delivery.objects.get()
    Job.objects.filter(pk=lost.job_id).update(state="dead")
    deliveries.dispatch_due()
    come_due()
    deliveries.dispatch_due()
    lost.refresh_from_db()
    assert (lost.tries, run()) == (1, ["succeeded"])


def test_a_job_that_runs_twice_sends_twice_only_if_nothing_was_recorded(webhook: Webhook, receiver: Receiver) -> None:
    publish(1)
    follow()
    delivery = Delivery.objects.get()
    # The first run dies between the request and the record: the second one sends again, with the same id.
    sending.request(delivery)
    assert sending.deliver(delivery.pk, _job(delivery)) == "succeeded"
    assert sending.deliver(delivery.pk, _job(delivery)) == "over"
    assert [request.id for request in receiver.received] == [delivery.message_id] * 2


# Order


def test_an_ordered_endpoint_takes_one_after_another_also_past_failures(tenant: Tenant, receiver: Receiver) -> None:
    webhook, _ = webhooks.create(tenant, receiver.url, ["orders.**"], ordered=True)
    answers = iter([200, 500, 500, *[200] * 20])
    receiver.answer = lambda request: (next(answers), {}, b"")
    publish(*range(8))
    follow()
    while Delivery.objects.exclude(state="succeeded").exists():
        assert Delivery.objects.in_flight().count() <= 1
        run()
        come_due()
        deliveries.dispatch_due()
    assert [request.json["data"]["number"] for request in receiver.received] == [0, 1, 1, 1, 2, 3, 4, 5, 6, 7]
    assert webhook.deliveries.count() == 8


def test_without_order_a_later_event_overtakes_one_that_failed(webhook: Webhook, receiver: Receiver) -> None:
    answers = iter([500, 200, 200])
    receiver.answer = lambda request: (next(answers), {}, b"")
    publish(0, 1)
    follow()
    run()
    come_due()
    deliveries.dispatch_due()
    run()
    assert [request.json["data"]["number"] for request in receiver.received] == [0, 1, 0]


def test_one_endpoint_has_so_many_on_their_way_and_no_more(webhook: Webhook) -> None:
    publish(*range(40))
    follow()
    assert Delivery.objects.in_flight().count() == deliveries.MOST_IN_FLIGHT
    assert run(40) == ["succeeded"] * 40


# Steering


def test_a_paused_endpoint_keeps_what_happens_and_sends_it_when_resumed(webhook: Webhook, receiver: Receiver) -> None:
    publish(1)
    follow()
    webhooks.pause(webhook, "holiday")
    assert run() == ["parked"]
    publish(2)
    follow()
    assert (run(), receiver.received) == ([], [])
    with pytest.raises(InvalidState):
        webhooks.pause(webhook)
    webhooks.resume(webhook)
    run()
    assert [request.json["data"]["number"] for request in receiver.received] == [1, 2]
    assert [delivery.tries for delivery in Delivery.objects.all()] == [1, 1]
    with pytest.raises(InvalidState):
        webhooks.resume(webhook)


def test_what_was_kept_may_be_skipped(webhook: Webhook, receiver: Receiver) -> None:
    webhooks.pause(webhook)
    publish(1)
    follow()
    webhooks.resume(webhook, skip=True)
    assert (run(), Delivery.objects.get().state) == ([], "failed")


def test_a_new_secret_and_the_old_one_overlap(tenant: Tenant, receiver: Receiver) -> None:
    webhook, old = webhooks.create(tenant, receiver.url, ["orders.**"])
    new = webhooks.rotate(webhook, timedelta(hours=1))
    publish(1)
    follow()
    run()
    for secret in (old, new):
        Verifier(secret).verify(receiver.received[-1].body, receiver.received[-1].headers)
    newest = webhooks.rotate(webhook, timedelta(0))
    publish(2)
    follow()
    run()
    assert receiver.received[-1].headers["webhook-signature"].count("v1,") == 1, "what was left of the overlap has ended too"
    Verifier(newest).verify(receiver.received[-1].body, receiver.received[-1].headers)
    deliveries.forget()
    assert [row.secret for row in webhook.secrets.all()] == [newest]


def test_a_test_goes_once_whatever_the_state_and_changes_nothing(webhook: Webhook, receiver: Receiver) -> None:
    webhooks.pause(webhook)
    receiver.answer = failing
    delivery = webhooks.test(webhook)
    assert run() == ["failed"]
    webhook.refresh_from_db()
    assert (receiver.names, webhook.failures, webhook.state) == (["webhook.test"], 0, "paused")
    receiver.answer = fine
    webhooks.redeliver(delivery)
    assert run() == ["succeeded"]
    assert len({request.id for request in receiver.received}) == 1


def test_one_delivery_or_all_that_failed_are_sent_again_with_their_ids(webhook: Webhook, receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_RETRIES = []
    receiver.answer = failing
    publish(1, 2, 3)
    follow()
    assert run() == ["failed"] * 3
    receiver.answer = fine
    one = Delivery.objects.order_by("pk")[0]
    webhooks.redeliver(one)
    with pytest.raises(InvalidState):
        webhooks.redeliver(one)
    assert run() == ["succeeded"]
    webhooks.redeliver(one)
    run()
    assert webhooks.redeliver_failed(Delivery.objects.filter(state="failed")) == 2
    assert run() == ["succeeded"] * 2
    assert len(receiver.received) == 7
    assert len({request.id for request in receiver.received}) == 3


def test_so_many_are_sent_again_by_one_wish_the_oldest_first_and_a_second_wish_finds_the_rest(
    webhook: Webhook, receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_RETRIES = []
    monkeypatch.setattr(webhooks, "MOST_AGAIN", 2)
    receiver.answer = failing
    publish(1, 2, 3)
    follow()
    run()
    receiver.answer, failed = fine, Delivery.objects.filter(state="failed")
    assert webhooks.redeliver_failed(failed) == 2
    assert [row.event for row in failed] == [Delivery.objects.latest("pk").event]
    assert (webhooks.redeliver_failed(failed), webhooks.redeliver_failed(failed)) == (1, 0)
    assert run() == ["succeeded"] * 3


def test_a_removed_endpoint_takes_its_log_along_and_what_was_on_its_way_finds_nothing(webhook: Webhook, receiver: Receiver) -> None:
    publish(1)
    follow()
    delivery = Delivery.objects.get()
    webhooks.remove(webhook)
    assert sending.deliver(delivery.pk, _job(delivery)) == "over"
    assert (receiver.received, Delivery.objects.count()) == ([], 0)


def test_one_removed_while_it_is_sent_leaves_nothing_behind(webhook: Webhook, receiver: Receiver) -> None:
    def remove(request: Any) -> tuple[int, dict[str, str], bytes]:
        webhooks.remove(webhook)
        connection.close()
        return fine(request)

    receiver.answer = remove
    publish(1)
    follow()
    assert run() == ["over"]
    assert not DeliveryAttempt.objects.exists()


def test_the_log_forgets_what_is_old(webhook: Webhook, settings: Any) -> None:
    publish(1, 2)
    follow()
    run()
    old = timezone.now() - settings.WEBHOOK_KEEP - LATER
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(finished_at=old)
    webhooks.pause(webhook)
    publish(3, 4)
    follow()
    Delivery.objects.filter(pk=Delivery.objects.latest("pk").pk).update(created_at=old)
    assert (deliveries.forget(), Delivery.objects.count()) == (2, 2)


def test_words_that_can_not_be_kept_are_left_out(tenant: Tenant) -> None:
    webhook, _ = webhooks.create(tenant, "https://example.com/", ["**"], description=" half\ud800 of\x00\na sign ")
    assert webhook.description == "half of a sign"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": ""}, "url"),
        ({"patterns": []}, "patterns"),
        ({"patterns": ["a..b"]}, "patterns"),
        ({"patterns": ["a" * 101]}, "patterns"),
        ({"secret": "short"}, "secret"),
    ],
)
def test_what_can_not_be_an_endpoint_is_refused_and_names_the_field(tenant: Tenant, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        webhooks.create(tenant, **{"url": "https://example.com/", "patterns": ["**"], **fields})
    assert field in caught.value.fields
    assert not Webhook.objects.exists()


# Callbacks


def test_the_end_of_a_job_is_told_to_its_callback(tenant: Tenant, receiver: Receiver, ended: Callable[[Job], Job]) -> None:
    good = ended(sample_jobs.double.submit(Number(number=4), callback_url=f"{receiver.url}/good?x=1", tags=["mine"]))
    bad = ended(sample_jobs.give_up.submit(Nothing(), callback_url=f"{receiver.url}/bad"))
    ended(sample_jobs.double.submit(Number(number=5)))
    follow()
    run()
    told = {request.path: request.json for request in receiver.received}
    assert told.keys() == {"/good?x=1", "/bad"}
    end = told["/good?x=1"]["data"]
    assert (end["jobId"], end["status"], end["result"], end["tags"]) == (str(good.pk), "succeeded", 8, ["mine"])
    assert (told["/bad"]["type"], told["/bad"]["data"]["jobId"], told["/bad"]["data"]["error"]["message"]) == (
        "job.dead",
        str(bad.pk),
        "no use",
    )
    (webhook,) = Webhook.objects.all()
    assert (webhook.callback, webhook.url) == (True, receiver.url)
    secret = webhooks.rotate(webhook)
    Verifier(secret)


def test_a_job_submitted_again_calls_back_where_the_first_one_did(tenant: Tenant, receiver: Receiver) -> None:
    from jobs.services import submission

    first = sample_jobs.double.submit(Number(number=4), callback_url=receiver.url)
    Job.objects.filter(pk=first.pk).update(state="dead")
    first.refresh_from_db()
    (many,), _ = submission.retry_many([first], "bulk:1")
    for again in (submission.retry(first), many):
        assert Callback.objects.get(job=again).url == receiver.url


def test_a_callback_that_can_not_be_used_refuses_the_job(tenant: Tenant) -> None:
    with pytest.raises(InvalidInput) as caught:
        sample_jobs.double.submit(Number(number=4), callback_url="http://user@example.com/")
    assert "callbackUrl" in caught.value.fields
    assert not Job.objects.exists()


def test_a_callback_that_is_gone_is_given_up_and_the_others_at_its_origin_go_on(tenant: Tenant, receiver: Receiver) -> None:
    receiver.answer = lambda request: (410 if request.path == "/gone" else 200, {}, b"")
    for path in ("gone", "here"):
        job = sample_jobs.double.submit(Number(number=4), callback_url=f"{receiver.url}/{path}")
        journal.append("job.succeeded", str(job.pk), "default", {"attempt": 1, "turn": 1, "result": 8})
    follow()
    assert sorted(run()) == ["failed", "succeeded"]
    webhook = Webhook.objects.get()
    assert (webhook.state, webhook.failures, webhook.failing_since) == ("active", 0, None)


def test_a_known_key_answers_the_first_job_and_its_callback(tenant: Tenant, receiver: Receiver) -> None:
    first = sample_jobs.double.submit(Number(number=4), key="k", callback_url=receiver.url)
    assert sample_jobs.double.submit(Number(number=4), key="k", callback_url=f"{receiver.url}/other").pk == first.pk
    assert Callback.objects.get(job=first).url == receiver.url


def test_the_whole_way_with_a_worker(tenant: Tenant, webhook: Webhook, receiver: Receiver, ended: Callable[[Job], Job]) -> None:
    publish(1)
    lifecycle.record()
    follow()
    job = Delivery.objects.get().job
    assert job
    assert ended(job).result == "succeeded"
    assert receiver.names == ["orders.created"]


def test_nothing_is_submitted_for_a_rollback(tenant: Tenant, webhook: Webhook) -> None:
    with TestCase.captureOnCommitCallbacks() as callbacks, transaction.atomic():
        webhooks.test(webhook)
        transaction.set_rollback(True)
    assert (callbacks, Delivery.objects.count(), uuid4().version) == ([], 0, 4)
