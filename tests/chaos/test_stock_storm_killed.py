"""A storm on the checkout whose worker is killed, and whose Redis forgets everything: exactly what is there is sold."""

import pytest

from jobs.core.states import State
from jobs.infra.redis import client
from jobs.models import Job
from stock.checkout import Line, Reserve, reserve
from stock.models import Refusal, Reservation
from tests.support.processes import Processes, until
from tests.support.stock import drift, product

ASKED, UNITS = 3000, 700


def answered(at_least: int) -> bool:
    return Reservation.objects.count() + Refusal.objects.count() >= at_least


@pytest.mark.timeout(150)
def test_killed_workers_and_an_emptied_redis_sell_neither_more_nor_less(farm: Processes) -> None:
    product("hot", UNITS)
    first = farm.worker("-c", "1", name="worker-1")
    farm.worker("-c", "1", name="worker-2")
    farm.recorder()
    farm.beat()
    reserve.submit_many([Reserve(lines=[Line(sku="hot", quantity=1)])] * ASKED)
    until(lambda: answered(ASKED // 10), 60, farm.logs)
    farm.kill(first)
    farm.worker("-c", "1", name="worker-3")
    until(lambda: answered(ASKED // 3), 60, farm.logs)
    client().flushdb()
    ended = lambda: not Job.objects.exclude(state=State.SUCCEEDED).exists()  # noqa: E731
    until(ended, 100, lambda: f"{Job.objects.exclude(state=State.SUCCEEDED).count()} left\n{farm.logs()}")
    assert (Reservation.objects.count(), Refusal.objects.count()) == (UNITS, ASKED - UNITS)
    assert not drift()
