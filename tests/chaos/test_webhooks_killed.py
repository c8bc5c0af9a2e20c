"""Webhooks while the recorder, Redis, a worker and the receiver are killed in turn: none is lost, a repetition has the same id, order is
kept where it was asked for. Beside them a sender of the usual kind, which follows the journal and posts what it reads: it loses."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from jobs.infra import journal
from jobs.models import Delivery, Tenant, Webhook
from jobs.services import events, webhooks
from tests.support.processes import Processes, processes, until
from tests.support.receivers import Received, Receiver, receiving
from tests.support.valkey import Valkey

SETTINGS = {
    "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.1/32",
    "WEBHOOK_RETRY_SECONDS": ",".join(["0.2"] * 60),
    "WEBHOOK_BREAKER_SECONDS": "0.3",
    "WEBHOOK_TIMEOUT_SECONDS": "5",
}
PATIENCE = 90.0


@pytest.fixture
def valkey(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """A Redis of the test's own, which it may kill; it keeps what it has acknowledged."""
    with Valkey(tmp_path).running() as server:
        settings.REDIS_URL = server.url
        yield server


@pytest.fixture
def farm(valkey: Valkey, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.OUTBOUND_ALLOWED_NETWORKS = [SETTINGS["OUTBOUND_ALLOWED_NETWORKS"]]
    with processes(tmp_path) as started:
        yield started


class Place:
    """Where the receiver stands: it may go away and come back, and it hangs up on some without an answer."""

    def __init__(self) -> None:
        self.heard: list[Received] = []
        self._stack = ExitStack()
        self.port = 0
        self.open()

    def open(self) -> None:
        receiver: Receiver = self._stack.enter_context(receiving(port=self.port))
        receiver.answer = self._answer
        self.url, self.port = receiver.url, int(receiver.url.rpartition(":")[2])

    def close(self) -> None:
        self._stack.close()

    def _answer(self, request: Received) -> tuple[int, dict[str, str], bytes]:
        self.heard.append(request)
        if request.path != "/naive" and sum(heard.path == request.path for heard in self.heard) % 25 == 0:
            raise ConnectionAbortedError("killed between the request and the answer")
        return 200, {}, b""

    def numbers(self, path: str) -> list[int]:
        return [request.json["data"]["number"] for request in self.heard if request.path == path]


class Naive:
    """Follows the journal and posts what it reads, once."""

    def __init__(self, url: str) -> None:
        self.url, self.lost, self.stopping = url, 0, False
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        place = "0-0"
        while not self.stopping:
            try:
                found = journal.read(place, block_ms=200)
            except redis.RedisError:
                continue
            for entry in (entry for entry in found if entry.name == "orders.created"):
                self._post({"data": entry.data})
            place = found[-1].id if found else place

    def _post(self, body: Any) -> None:
        try:
            httpx.post(self.url, json=body)
        except httpx.TransportError:
            self.lost += 1

    def stop(self) -> None:
        self.stopping = True
        self._thread.join()


@pytest.mark.timeout(240)
def test_no_webhook_is_lost_and_order_is_kept_whoever_is_killed(farm: Processes, valkey: Valkey) -> None:
    tenant = Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]
    place = Place()
    for path, ordered in (("/any", False), ("/ordered", True)):
        webhooks.create(tenant, place.url + path, ["orders.*"], ordered=ordered)
    naive = Naive(f"{place.url}/naive")
    flow = _flow(tenant)
    worker, recorder = farm.worker("-c", "2"), farm.recorder()
    farm.beat()
    explain = lambda: f"{_left()}\n{place.numbers('/ordered')}\n{farm.logs()}"  # noqa: E731

    def more(count: int) -> None:
        """Publish some, and wait until the first of them has arrived: the whole chain works."""
        first = flow(count)
        until(lambda: {first} <= set(place.numbers("/any")) & set(place.numbers("/ordered")), PATIENCE, explain)

    try:
        more(20)
        farm.kill(recorder)
        flow(15)
        recorder = farm.recorder()
        more(15)
        valkey.kill()
        flow(15)
        valkey.start()
        more(15)
        flow(20)
        farm.kill(worker)
        farm.worker("-c", "2", name="worker-2")
        more(10)
        place.close()
        flow(15)
        until(lambda: naive.lost > 0 and Webhook.objects.filter(openings__gt=0).count() == 2, PATIENCE, explain)
        place.open()
        total = flow(10) + 10
        until(lambda: Delivery.objects.filter(state="succeeded").count() == 2 * total, PATIENCE, explain)
    finally:
        naive.stop()
        place.close()
    _judge(place, total)
    assert len(set(place.numbers("/naive"))) < total, "the twin lost nothing, so the test shows nothing"


def _flow(tenant: Tenant) -> Callable[[int], int]:
    """Publishes the next so many numbers; answers the first of them."""
    published = 0

    def flow(count: int) -> int:
        nonlocal published
        first = published
        for published in range(first + 1, first + count + 1):
            events.publish_own("orders.created", {"number": published - 1}, subject="order:1", tenant=tenant)
        return first

    return flow


def _judge(place: Place, total: int) -> None:
    for path in ("/any", "/ordered"):
        heard = [request for request in place.heard if request.path == path]
        assert set(place.numbers(path)) == set(range(total)), "an event was lost"
        ids = {request.json["data"]["number"]: {r.id for r in heard if r.json["data"] == request.json["data"]} for request in heard}
        assert all(len(same) == 1 for same in ids.values()), "a repetition had another id"
        print(f"{path}: {total} events, {len(heard) - total} repeated")
    first_heard = list(dict.fromkeys(place.numbers("/ordered")))
    assert first_heard == sorted(first_heard), "the order was not kept"
    assert len(place.numbers("/any")) > total, "nothing was repeated, so nothing is shown of repetitions"


def _left() -> Any:
    return list(
        Delivery.objects.exclude(state="succeeded").order_by("pk").values_list("webhook__url", "event", "state", "tries", "job__state")
    )
