"""Publishing, following and handling events, on real stores."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import orjson
import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import AsyncClient, Client

from jobs.api import events as events_api
from jobs.core.errors import InvalidInput, TooLarge
from jobs.core.event_type import InvalidEvent, event_types
from jobs.declare import Payload, consume, event, subscribe
from jobs.infra import journal
from jobs.infra.feed import Interest, feed
from jobs.infra.redis import client, journal_key
from jobs.models import Delivery, Event, Job, Outgoing, Projection, Tenant
from jobs.queries import events as queries
from jobs.services import events, lifecycle, operations, tenants, webhooks
from jobs.subscribers import handlers
from jobs.subscribers.webhooks import follow as follow_webhooks
from tests.support import sample_jobs
from tests.support.sample_jobs import Number


class Rung(Payload):
    """A bell was rung."""

    times: int


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    client().flushdb()
    return Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


@pytest.fixture
def rung(tenant: Tenant) -> Iterator[Any]:
    yield event("bell.rung", Rung, public=True)
    event_types.remove("bell.rung")


def _names() -> list[tuple[str, Any]]:
    return [(entry.name, entry.data) for entry in journal.read("0-0")]


def test_an_event_of_a_transaction_is_sent_on_commit(rung: Any) -> None:
    with transaction.atomic():
        rung.publish(Rung(times=1), subject="bell:1")
        assert _names() == []
    assert _names() == [("bell.rung", {"times": 1})]
    assert (events.settle(), events.send()) == (0, 0), "the archive has it not yet"
    lifecycle.record()
    assert (events.settle(), Outgoing.objects.count()) == (1, 0)


def test_an_event_of_a_rollback_is_never_sent(rung: Any) -> None:
    with transaction.atomic():
        rung.publish(Rung(times=1))
        transaction.set_rollback(True)
    events.send()
    assert _names() == []


def test_an_event_that_redis_could_not_take_is_sent_later_and_once(rung: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    def away(*args: Any) -> None:
        raise redis.ConnectionError("away")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "emit", away)
        rung.publish(Rung(times=7))
    row = Outgoing.objects.get()
    # The process dies after the journal has it and before the row is gone.
    journal.emit([(str(row.pk), row.name, row.subject, "default", row.data, row.trace)])
    assert events.send() == 1
    assert _names() == [("bell.rung", {"times": 7})]


@pytest.mark.parametrize("others", [0, 2])
def test_an_event_that_redis_lost_before_the_archive_had_it_is_sent_again(rung: Any, others: int) -> None:
    rung.publish(Rung(times=0))
    lifecycle.record()
    rung.publish(Rung(times=1))
    client().flushdb()
    for number in range(others):
        journal.append("drum.beaten", "", "default", {"number": number})
        lifecycle.record()
    while events.settle():
        pass
    assert events.send() == 1
    lifecycle.record()
    assert events.settle() == 1
    assert list(Event.objects.filter(name="bell.rung").values_list("data__times", flat=True)) == [0, 1]
    assert not Outgoing.objects.exists()


def test_an_event_that_was_lifted_is_not_sent_again(rung: Any) -> None:
    Projection.objects.create(name=Projection.RECORDER, position=f"{1_000 * (int(time.time()) + 3600)}-0")
    rung.publish(Rung(times=1))
    operations.lift()
    lifecycle.record()
    assert (events.settle(), events.send(), Outgoing.objects.count(), Event.objects.count()) == (1, 0, 0, 1)


def test_publishers_side_by_side_keep_the_order_of_each(rung: Any) -> None:
    def ring(bell: int) -> None:
        from django.db import connection

        for times in range(30):
            rung.publish(Rung(times=times), subject=f"bell:{bell}")
        connection.close()

    threads = [threading.Thread(target=ring, args=(bell,)) for bell in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events.send()
    for bell in range(4):
        assert [e.data["times"] for e in journal.read("0-0") if e.subject == f"bell:{bell}"] == list(range(30))


def test_data_that_does_not_fit_is_refused(rung: Any) -> None:
    with pytest.raises(InvalidEvent) as caught:
        events.publish("bell.rung", {"times": "often"})
    assert "times" in caught.value.fields
    with pytest.raises(InvalidEvent, match=r"Did you mean bell\.rung"):
        events.publish("bell.rang", {})


def test_a_reader_goes_on_from_the_archive_where_redis_has_forgotten(rung: Any) -> None:
    for times in range(10):
        rung.publish(Rung(times=times))
    while lifecycle.record():
        pass
    place = journal.read("0-0")[5].id
    client().xtrim(journal.journal_key(), minid=place, approximate=False)
    assert len(journal.read("0-0")) == 5
    assert [e.data["times"] for e in subscribe("bell.*", after="0-0", patience=0.3)] == list(range(10))
    assert Event.objects.count() == 10


def test_a_named_subscriber_is_given_again_what_it_did_not_acknowledge(rung: Any) -> None:
    for times in range(3):
        rung.publish(Rung(times=times))
    with pytest.raises(RuntimeError), consume("mailer", "bell.*"):
        raise RuntimeError
    with consume("mailer", "bell.*", limit=2) as first:
        assert [e.data["times"] for e in first] == [0, 1]
    with consume("mailer", "bell.*") as rest:
        assert [e.data["times"] for e in rest] == [2]


def test_a_named_subscriber_that_is_new_begins_where_it_says(rung: Any) -> None:
    for times in range(3):
        rung.publish(Rung(times=times))
    first = journal.first_id()
    assert first
    with consume("mailer", "bell.*", after=first) as found:
        assert [e.data["times"] for e in found] == [1, 2]
    with consume("mailer", "bell.*", after="0-0") as rest:
        assert rest == [], "it is not new any more"
    with pytest.raises(InvalidInput), consume("another", "bell.*", after="yesterday"):
        pass


def test_a_named_subscriber_is_given_nothing_only_when_there_is_nothing(rung: Any) -> None:
    for number in range(5):
        journal.append("drum.beaten", "", "default", {"number": number})
    rung.publish(Rung(times=1))
    with consume("mailer", "bell.*", limit=2) as found:
        assert [e.data["times"] for e in found] == [1]
    with consume("mailer", "bell.*", limit=2) as rest:
        assert rest == []


def test_who_follows_from_now_on_is_not_told_of_old_things_after_redis_has_lost_them(rung: Any) -> None:
    for times in range(3):
        rung.publish(Rung(times=times))
    while lifecycle.record():
        pass
    last = journal.last_id()
    client().flushdb()
    assert (queries.now(), [e.data["times"] for e in queries.read("0-0")]) == (last, [0, 1, 2])
    assert queries.read(queries.now()) == []
    rung.publish(Rung(times=3))
    assert [e.data["times"] for e in queries.read(last)] == [3]


def test_who_has_a_place_misses_nothing_of_a_redis_that_lost_the_journal_and_whose_clock_is_behind(rung: Any) -> None:
    in_an_hour = 1_000 * (int(time.time()) + 3600)
    event: Any = {"n": "bell.rung", "s": "", "t": "default", "d": '{"times": 1}'}
    recorded, unrecorded = (str(client().xadd(journal_key(), event, f"{in_an_hour + late}-0")) for late in (0, 30_000))
    Projection.objects.create(name=Projection.RECORDER, position=recorded)
    assert operations.lift() == 0
    client().flushdb()
    assert operations.lift() == 0
    for times in (2, 3):
        rung.publish(Rung(times=times))
    assert not queries.read(recorded), "they lie an hour before it"
    assert operations.lift() == 2
    rung.publish(Rung(times=4))
    assert [e.data["times"] for e in subscribe("bell.*", after=unrecorded, patience=0.1)] == [2, 3, 4]
    assert (lifecycle.record(), operations.lift(), journal.length()) == (3, 0, 3)


def test_an_endpoint_made_after_redis_has_lost_everything_hears_of_nothing_old(rung: Any) -> None:
    rung.publish(Rung(times=1))
    while lifecycle.record():
        pass
    last = journal.last_id()
    client().flushdb()
    follow_webhooks()
    assert Projection.objects.get(name="webhooks").position == last, "it would read the whole archive for the first endpoint"
    webhook = webhooks.create(Tenant.objects.get(slug="default"), "https://example.com/hook", ["bell.**"])[0]
    while follow_webhooks():
        pass
    assert not Delivery.objects.exists()
    rung.publish(Rung(times=2))
    follow_webhooks()
    assert Delivery.objects.get().webhook == webhook


def test_what_is_forgotten_while_it_is_read_comes_from_the_archive(rung: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for times in range(4):
        rung.publish(Rung(times=times))
    while lifecycle.record():
        pass
    read = journal.read

    def overtaken(after: str, count: int) -> list[Any]:
        client().xtrim(journal_key(), minid=read("0-0")[2].id, approximate=False)
        return read(after, count)

    monkeypatch.setattr(journal, "read", overtaken)
    assert [e.data["times"] for e in queries.read("0-0")] == [0, 1]


def test_a_handler_has_a_job_for_each_event_once(rung: Any) -> None:
    rung.publish(Rung(times=3), subject="bell:1")
    rung.publish(Rung(times=4), subject="bell:1")
    handlers.follow()
    handlers.follow()
    jobs = Job.objects.filter(type=sample_jobs.hear_bell.type.name).order_by("pk")
    assert [job.payload["data"]["times"] for job in jobs] == [3, 4]


def test_what_handlers_jobs_do_is_not_handled_for_ever(tenant: Tenant) -> None:
    job = sample_jobs.hear_bell.submit(
        sample_jobs.Event(id="1-1", name="bell.rung", tenant="default", at="2026-01-01T00:00:00Z", data={"times": 1})  # type: ignore[arg-type]
    )
    assert journal.read("0-0")[0].subject == str(job.pk)
    while handlers.follow():
        pass
    assert not Job.objects.filter(type=sample_jobs.hear_queued.type.name).exists()
    sample_jobs.double.submit(Number(number=1))
    while handlers.follow():
        pass
    assert Job.objects.filter(type=sample_jobs.hear_queued.type.name).count() == 1


def test_a_client_publishes_to_its_own_channels_alone(tenant: Tenant) -> None:
    key = tenants.create_key(tenant, "tests", ["read", "submit"])[1]

    def post(body: dict[str, Any]) -> Any:
        return Client().post("/api/events", body, content_type="application/json", headers={"authorization": f"Bearer {key}"})

    assert post({"type": "orders.created", "subject": "order:1", "data": {"total": 5}}).status_code == 202
    assert [name for name in _names() if name[0] != "audit.acted"] == [("orders.created", {"total": 5})]
    for name in ("job.succeeded", "Orders", "orders"):
        answer = post({"type": name})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_event")
    assert post({"type": "orders.created", "data": {"blob": "x" * 70_000}}).status_code == 413


def test_too_much_data_is_refused(tenant: Tenant) -> None:
    with pytest.raises(TooLarge):
        events.publish_own("orders.created", {"blob": "x" * 70_000}, subject="", tenant=tenant)


def test_the_command_line_follows(tenant: Tenant) -> None:
    call_command("events", "publish", "orders.created", '{"total": 5}', "--subject", "order:1")
    out = StringIO()
    call_command("events", "tail", "orders.*", "--after", "0-0", "--for", "0.3", "--json", stdout=out)
    heard = orjson.loads(out.getvalue())
    assert (heard["specversion"], heard["type"], heard["subject"], heard["data"]) == ("1.0", "orders.created", "order:1", {"total": 5})
    with pytest.raises(CommandError, match="not the id of an event"):
        call_command("events", "tail", "--after", "yesterday")


# The stream


async def _listen(query: str, wanted: int, cut_after: Callable[[], int] | None = None, **headers: str) -> list[dict[str, Any]]:
    """Follow the stream; with `cut_after` disconnect after so many events, and resume where it was."""
    heard: list[dict[str, Any]] = []
    last = headers.pop("last_event_id", "")
    while len(heard) < wanted:
        answer = await AsyncClient().get(f"/api/events?{query}", headers=headers | ({"Last-Event-ID": last} if last else {}))
        assert answer.status_code == 200, answer.content
        left = cut_after() if cut_after else wanted
        async for chunk in answer.streaming_content:  # type: ignore[attr-defined]
            lines = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if ": " in line)
            last = lines.get("id", last)
            if "data" in lines:
                heard.append(orjson.loads(lines["data"]))
                left -= 1
            if left <= 0 or len(heard) == wanted:
                break
        await answer.streaming_content.aclose()  # type: ignore[attr-defined]
    return heard


def test_a_stream_that_breaks_again_and_again_misses_nothing_and_repeats_nothing(tenant: Tenant) -> None:
    key = tenants.create_key(tenant, "tests", ["read"])[1]
    count, dice = 20_000, random.Random(4)
    cuts = sorted(dice.sample(range(1, count), 200))
    gaps = iter([b - a for a, b in zip([0, *cuts], [*cuts, count], strict=True)])

    def flow() -> None:
        for start in range(0, count, 500):
            with client().pipeline(transaction=False) as pipe:
                for number in range(start, start + 500):
                    pipe.xadd(journal.journal_key(), {"n": "bell.rung", "s": "", "t": "default", "d": orjson.dumps({"n": number}).decode()})
                pipe.execute()

    flowing = threading.Thread(target=flow)
    flowing.start()
    heard = asyncio.run(asyncio.wait_for(_listen("pattern=bell.*&after=0-0", count, lambda: next(gaps), Authorization=f"Bearer {key}"), 60))
    flowing.join()
    assert [e["data"]["n"] for e in heard] == list(range(count))
    assert len({e["id"] for e in heard}) == count


def test_a_rare_event_of_a_large_archive_is_looked_for_with_signs_of_life_until_the_client_is_gone(
    rung: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_api, "HEARTBEAT", timedelta(0))

    def endless(after: str, **of: str) -> list[journal.Entry]:
        return [journal.Entry(f"{int(after.partition('-')[0]) + 1}-0", "drum.beaten", "", "default", {})]

    monkeypatch.setattr(queries, "read", endless)

    async def come_and_go() -> list[str]:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/events",
            "query_string": b"pattern=bell.*&after=5-0",
            "headers": [(b"host", b"localhost")],
        }
        browser = ApplicationCommunicator(ASGIHandler(), scope)
        await browser.send_input({"type": "http.request"})
        answers = [await browser.receive_output(20) for _ in range(5)]
        await browser.send_input({"type": "http.disconnect"})
        await browser.wait(20)
        assert feed().count() == 0
        return [answer["body"].decode() for answer in answers[1:]]

    told = asyncio.run(come_and_go())
    assert told[1:] == [f"id: {place}-0\n: still here\n\n" for place in (6, 7, 8)], "from there the next stream goes on"


def test_a_slow_reader_is_kept_little_of_large_events(rung: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for times in range(5):
        rung.publish(Rung(times=times))
    monkeypatch.setattr(events_api, "MOST_KEPT", 300)
    here, kept = "0-0", []
    while piece := events_api.passage(Interest(tenant="default"), here):
        here, texts = piece
        kept.append(len(texts))
    assert sum(kept) == 5
    assert max(kept) == 2


def test_the_archive_is_asked_for_the_tenants_own_alone(rung: Any) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    for owner in (None, other, None, other):
        rung.publish(Rung(times=1), tenant=owner, subject="bell:1" if owner else "")
    while lifecycle.record():
        pass
    client().flushdb()
    assert [len(queries.read("0-0", **of)) for of in ({}, {"tenant": "other"}, {"tenant": "other", "subject": "bell:2"})] == [4, 2, 0]


def test_a_visitor_hears_public_events_of_the_site_alone(rung: Any) -> None:
    events.publish_own("orders.created", {"secret": 1}, subject="", tenant=Tenant.objects.get(slug="default"))
    rung.publish(Rung(times=1))
    heard = asyncio.run(asyncio.wait_for(_listen("after=0-0", 1), 10))
    assert [e["type"] for e in heard] == ["bell.rung"]


def test_another_tenants_events_are_not_heard(rung: Any) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    key = tenants.create_key(other, "tests", ["read"])[1]
    rung.publish(Rung(times=1))
    rung.publish(Rung(times=2), tenant=other)
    heard = asyncio.run(asyncio.wait_for(_listen("after=0-0", 1, Authorization=f"Bearer {key}"), 10))
    assert [e["data"] for e in heard] == [{"times": 2}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after=yesterday", "invalid_input"),
        (f"after={'9' * 22}-0", "invalid_input"),
        ("after=%D9%A1-%D9%A1", "invalid_input"),
        ("pattern=a..b", "invalid_filter"),
    ],
)
def test_a_wrong_question_is_answered_before_the_stream(tenant: Tenant, query: str, code: str) -> None:
    answer = asyncio.run(_get(f"/api/events?{query}"))
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_wrong_key_is_refused(tenant: Tenant) -> None:
    assert asyncio.run(_get("/api/events", Authorization="Bearer nonsense")).status_code == 401


def test_a_tenant_has_so_many_streams_and_no_more(rung: Any, settings: Any) -> None:
    settings.EVENT_STREAMS_PER_TENANT = 1

    async def two() -> Any:
        first = await AsyncClient().get("/api/events")
        reading = first.streaming_content  # type: ignore[attr-defined]
        await anext(reading)
        second = await AsyncClient().get("/api/events")
        await reading.aclose()
        return second

    answer = asyncio.run(two())
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")


async def _get(path: str, **headers: str) -> Any:
    return await AsyncClient().get(path, headers=headers)


def test_a_follower_that_fails_does_not_stop_the_others(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.management.commands import recorder

    followed: list[str] = []
    command = recorder.Command()
    command.stopping = False

    def broken() -> int:
        raise ValueError("a fault in a follower")

    def whole() -> int:
        followed.append("once more")
        command.stopping = len(followed) == 2
        return 1

    monkeypatch.setattr(recorder, "FOLLOWERS", (broken, whole))
    monkeypatch.setattr(recorder.time, "sleep", lambda seconds: None)
    command._followers()
    assert followed == ["once more"] * 2


def test_a_tenant_publishes_so_many_events_a_day_and_no_more(tenant: Tenant, settings: Any) -> None:
    settings.EVENTS_PER_TENANT_AND_DAY = 2
    key = tenants.create_key(tenant, "tests", ["submit"])[1]

    def post() -> Any:
        body = {"type": "orders.created", "data": {}}
        return Client().post("/api/events", body, content_type="application/json", headers={"authorization": f"Bearer {key}"})

    assert [post().status_code for _ in range(3)] == [202, 202, 429]
    assert int(post()["Retry-After"]) <= 86_400


def test_a_full_journal_keeps_what_is_not_archived_and_readers_notice_nothing(tenant: Tenant, settings: Any) -> None:
    settings.EVENT_JOURNAL_ENTRIES = 2
    minutes_ago = 1_000 * (int(time.time()) - 300)
    for number in range(350):
        fields: Any = {"n": "bell.rung", "s": "", "t": "default", "d": orjson.dumps({"times": number}).decode()}
        client().xadd(journal_key(), fields, f"{minutes_ago}-{number + 1}")
    assert operations.trim() == 0, "the recorder has read nothing yet"
    lifecycle.record()
    # Redis forgets by blocks of a hundred.
    assert operations.trim() >= 200
    assert [entry.data["times"] for entry in subscribe("bell.rung", after="0-0", patience=0.1)] == list(range(350))
