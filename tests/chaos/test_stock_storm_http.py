"""A storm over HTTP: many clients, the real web server, worker and recorder. Exactly what is there is sold; also when the worker
is killed in it and Redis forgets everything. The full one is `manage.py bench_stock storm`."""

import threading
from collections import Counter

import pytest

from jobs.infra.embedded import free_port
from jobs.infra.redis import client
from jobs.models import Job
from stock.bench import clients, platform, shelves
from stock.bench.clients import Answer, Shop
from stock.bench.reader import Reader
from stock.bench.shelves import Books, Shelves
from stock.models import Refusal, Reservation
from tests.support.processes import Processes, until

BUYERS, ASKED, UNITS, ASIDE = 64, 500, 100, 100


@pytest.fixture
def there(farm: Processes) -> Shelves:
    return shelves.fill(UNITS, ASKED)


@pytest.fixture
def shop(farm: Processes, there: Shelves) -> Shop:
    """A web server, a recorder and a clock; workers are the test's own."""
    port = free_port()
    farm.start("web", "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "warning", DATABASE_POOL="16")
    farm.recorder()
    farm.beat()
    until(lambda: platform.answers(port), 60, farm.logs)
    return Shop(platform.HOST, port, there.secret)


def answered(there: Shelves) -> int:
    return Reservation.objects.filter(tenant=there.tenant).count() + Refusal.objects.filter(tenant=there.tenant).count()


def must_be_exact(there: Shelves, answers: list[Answer], reader: Reader, farm: Processes) -> None:
    until(lambda: not Job.objects.open().filter(tenant=there.tenant).exists(), 60, farm.logs)
    told = Counter(answer.word for answer in answers if answer.sku == shelves.HOT)
    assert told == {"reserved": UNITS, "out_of_stock": ASKED - UNITS}, farm.logs()
    assert Counter(answer.word for answer in answers if answer.sku != shelves.HOT) == {"reserved": ASIDE}
    assert shelves.books(there.tenant) == Books(reserved=UNITS, refused=ASKED - UNITS, held=UNITS, wrong=0)
    assert shelves.books(there.tenant, shelves.OTHERS) == Books(reserved=ASIDE, refused=0, held=ASIDE, wrong=0)
    assert reader.looks > 10
    assert reader.least == 0


@pytest.mark.timeout(180)
def test_a_storm_over_http_sells_exactly_what_is_there(farm: Processes, there: Shelves, shop: Shop) -> None:
    farm.worker("-c", "2")
    with Reader(there.tenant) as reader:
        answers = clients.storm(shop, shelves.wishes(ASKED, ASIDE), BUYERS, "storm")
    must_be_exact(there, answers, reader, farm)


@pytest.mark.timeout(240)
def test_the_same_with_a_killed_worker_and_an_emptied_redis(farm: Processes, there: Shelves, shop: Shop) -> None:
    answers: list[Answer] = []
    first = farm.worker("-c", "1", name="worker-1")
    farm.worker("-c", "1", name="worker-2")
    with Reader(there.tenant) as reader:
        buyers = threading.Thread(
            target=lambda: answers.extend(clients.storm(shop, shelves.wishes(ASKED, ASIDE), BUYERS, "storm")), daemon=True
        )
        buyers.start()
        until(lambda: answered(there) >= ASKED // 10, 90, farm.logs)
        farm.kill(first)
        farm.worker("-c", "1", name="worker-3")
        until(lambda: answered(there) >= ASKED // 3, 90, farm.logs)
        client().flushdb()
        buyers.join(150)
        assert not buyers.is_alive(), farm.logs()
    must_be_exact(there, answers, reader, farm)
