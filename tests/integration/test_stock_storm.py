"""Many buyers at once: exactly what is there is sold, whatever the order; and the same tests fail with the guards off."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection

from stock.models import Level, Refusal, Reservation
from stock.services import reserving
from stock.services.reserving import Request, apply
from tests.support.stock import drift, product, request
from tests.support.waiting import until

UNITS, ASKED, BUYERS, BATCH = 1000, 5000, 8, 32
OTHERS = 20


@pytest.fixture
def guards_off(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lock, the guard at the row, the count of what it let through, and the CHECK taken away."""
    monkeypatch.setattr(reserving, "LOCK", reserving.LOCK.replace("FOR NO KEY UPDATE OF p", ""))
    unguarded = reserving.WRITE.replace("AND v.reserved + c.units <= v.on_hand", "")
    monkeypatch.setattr(reserving, "WRITE", unguarded)
    execute("ALTER TABLE stock_level DROP CONSTRAINT reserved_is_0_to_on_hand")
    yield
    execute("TRUNCATE stock_level CASCADE")
    execute("ALTER TABLE stock_level ADD CONSTRAINT reserved_is_0_to_on_hand CHECK (reserved >= 0 AND reserved <= on_hand)")


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def apart(act: Callable[[Sequence[Request]], object], batches: Sequence[Sequence[Request]]) -> None:
    """Each batch by one of the buyers' threads, with connections of their own."""

    def alone(batch: Sequence[Request]) -> None:
        act(batch)

    def leave(_: int) -> None:
        everyone_is_here.wait(20)
        connection.close()

    everyone_is_here = threading.Barrier(BUYERS)
    with ThreadPoolExecutor(BUYERS) as pool:
        list(pool.map(alone, batches))
        list(pool.map(leave, range(BUYERS)))


def storm(asked: int = ASKED, units: int = UNITS) -> list[Request]:
    """Single units of one product, beside some for other products."""
    product("hot", units)
    for n in range(OTHERS):
        product(f"other-{n}", asked)
    return [request(str(n), ("hot", 1)) if n % 10 else request(str(n), (f"other-{n % OTHERS}", 1), ("hot", 1)) for n in range(asked)]


def batches(requests: Sequence[Request]) -> list[Sequence[Request]]:
    return [requests[n : n + BATCH] for n in range(0, len(requests), BATCH)]


def test_a_storm_sells_exactly_what_is_there_and_no_reader_ever_sees_less_than_nothing(transactional_db: None) -> None:
    requests = storm()
    over, seen = threading.Event(), list[int]()

    def read() -> None:
        while not over.is_set():
            seen.append(min(level.on_hand - level.reserved for level in Level.objects.all()))
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        apart(apply, batches(requests))
    finally:
        over.set()
        reader.join()
    assert (Reservation.objects.count(), Refusal.objects.count()) == (UNITS, ASKED - UNITS)
    assert Level.objects.get(product__sku="hot").reserved == UNITS
    assert not drift()
    assert len(seen) > 10
    assert min(seen) >= 0


def test_with_the_guards_off_the_same_storm_sells_too_much(guards_off: None) -> None:
    apart(apply, batches(storm(asked=1600, units=300)))
    assert Reservation.objects.count() > 300


def test_the_same_requests_from_several_sides_are_met_once(transactional_db: None) -> None:
    product("A", 100)
    asked = [request(str(n), ("A", 1)) for n in range(BATCH)]
    apart(apply, [asked] * BUYERS)
    assert Reservation.objects.count() == BATCH
    assert not drift()


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot(), deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[1])


def crossing() -> list[Sequence[Request]]:
    product("A", 10_000)
    product("B", 10_000)
    pairs = ((("A", 1), ("B", 1)), (("B", 1), ("A", 1)))
    return [[request(f"{n}", *pairs[n % 2])] for n in range(400)]


@pytest.fixture
def unsorted_locks(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Products are locked in any order, and a ring is found soon."""
    monkeypatch.setattr(reserving, "LOCK", reserving.LOCK.replace("ORDER BY p.id", "ORDER BY random()"))
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    execute(f"ALTER DATABASE {name} SET deadlock_timeout = '20ms'")
    yield
    execute(f"ALTER DATABASE {name} RESET deadlock_timeout")


def test_with_unsorted_locks_the_same_mix_waits_in_rings(unsorted_locks: None) -> None:
    before, broken = deadlocks(), list[OperationalError]()

    def act(batch: Sequence[Request]) -> None:
        try:
            apply(batch)
        except OperationalError as error:
            broken.append(error)

    apart(act, crossing())
    assert any("deadlock detected" in str(error) for error in broken)
    until(lambda: deadlocks() > before, 20)
    assert not drift()


def test_two_lines_in_either_order_never_wait_in_a_ring(transactional_db: None) -> None:
    before = deadlocks()
    apart(apply, crossing())
    assert deadlocks() == before
    assert Counter(Reservation.objects.values_list("state", flat=True)) == {"active": 400}
    assert not drift()
