"""A storm over HTTP: many clients, the real web server, worker and recorder. Exactly what is there is sold; also when the worker
is killed in it, Redis loses power, and Redis forgets everything. The full one is `manage.py bench_stock storm`."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jobs.infra.embedded import free_port
from jobs.models import Job
from stock.bench import clients, platform, shelves
from stock.bench.clients import Answer, Shop
from stock.bench.reader import Reader
from stock.bench.shelves import Books, Shelves
from stock.models import Refusal, Reservation
from tests.support.processes import Processes, until
from tests.support.valkey import Valkey

BUYERS, ASKED, UNITS, ASIDE = 64, 500, 100, 100


def opened(farm: Processes, there: Shelves) -> Shop:
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
def test_a_storm_over_http_sells_exactly_what_is_there(farm: Processes) -> None:
    there = shelves.fill(UNITS, ASKED)
    shop = opened(farm, there)
    farm.worker("-c", "2")
    with Reader(there.tenant) as reader:
        answers = clients.storm(shop, shelves.wishes(ASKED, ASIDE), BUYERS, "storm")
    must_be_exact(there, answers, reader, farm)


@pytest.mark.timeout(240)
def test_the_same_with_a_killed_worker_and_a_redis_that_restarts_and_then_forgets(farm: Processes, tmp_path: Path, settings: Any) -> None:
    with Valkey(tmp_path).running() as redis:
        settings.REDIS_URL = redis.url
        there = shelves.fill(UNITS, ASKED)
        shop, answers = opened(farm, there), list[Answer]()
        workers = [farm.worker("-c", "1", name=f"worker-{n}") for n in range(2)]

        def replace() -> None:
            farm.kill(workers[0])
            farm.worker("-c", "1", name="worker-2")

        def restart() -> None:
            redis.kill()
            redis.start()

        with Reader(there.tenant) as reader:
            buyers = threading.Thread(
                target=lambda: answers.extend(clients.storm(shop, shelves.wishes(ASKED, ASIDE), BUYERS, "storm")), daemon=True
            )
            buyers.start()
            for share, deed in ((0.1, replace), (0.3, restart), (0.6, redis.client.flushdb)):
                until(lambda share=share: answered(there) >= share * ASKED, 90, farm.logs)  # type: ignore[misc]
                deed()
            buyers.join(150)
            assert not buyers.is_alive(), farm.logs()
        must_be_exact(there, answers, reader, farm)
