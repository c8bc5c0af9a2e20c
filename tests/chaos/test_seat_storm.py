"""A storm on a show over HTTP: every seat is sold once and all are sold; then the same while workers are killed and Redis restarts."""

from pathlib import Path
from typing import Any

import pytest

from reservations.models import Booking, Show, Ticket
from tests.support import seat_storm
from tests.support.processes import Processes, until
from tests.support.seat_storm import Told
from tests.support.valkey import Valkey

SEATS, BUYERS = 600, 30


def sold(share: float) -> bool:
    return Ticket.objects.count() >= SEATS * share


def all_is_well(show: Show, told: Told, looks: list[dict[str, int]]) -> None:
    assert told.wrongly == [], "refused while there was room"
    assert seat_storm.broken() == {}
    assert [look for look in looks if look] == []
    assert len(looks) > 5
    assert show.seats.exclude(state="booked").count() == 0
    assert Ticket.objects.count() == SEATS
    assert set(told.bookings) == {str(pk) for pk in Booking.objects.values_list("pk", flat=True)}
    assert set(told.bookings.values()) == {1}


@pytest.mark.timeout(180)
def test_a_storm_over_http_sells_every_seat_once(farm: Processes) -> None:
    show, buyers = seat_storm.hall(SEATS), seat_storm.keys(BUYERS)
    url = seat_storm.web(farm)
    farm.worker("--queues", "checkout", "-c", "1")
    farm.recorder()
    with seat_storm.watched() as looks:
        told = seat_storm.run(url, show, buyers)
    print(told)
    all_is_well(show, told, looks)


@pytest.mark.timeout(240)
def test_a_storm_survives_killed_workers_and_a_restarted_redis(farm: Processes, tmp_path: Path, settings: Any) -> None:
    with Valkey(tmp_path).running() as redis:
        settings.REDIS_URL = redis.url
        show, buyers = seat_storm.hall(SEATS), seat_storm.keys(BUYERS)
        url = seat_storm.web(farm)
        workers = [farm.worker("--queues", "checkout", "-c", "1", name="worker-0")]
        farm.recorder()
        farm.beat()

        def replace() -> None:
            farm.kill(workers[-1])
            workers.append(farm.worker("--queues", "checkout", "-c", "1", name=f"worker-{len(workers)}"))

        def restart() -> None:
            redis.kill()
            redis.start()

        def trouble() -> None:
            for share, deed in ((0.15, replace), (0.35, restart), (0.5, replace), (0.7, replace)):
                until(lambda share=share: sold(share), 90, farm.logs)  # type: ignore[misc]
                deed()

        with seat_storm.watched() as looks:
            told = seat_storm.run_beside(trouble, url, show, buyers, patience=150)
        print(told)
        assert len(workers) == 4
        all_is_well(show, told, looks)
