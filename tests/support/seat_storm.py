"""Many buyers at one show over HTTP until it is sold out, and what must be true of its seats at every moment."""

import asyncio
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from django.db import connection

from jobs.infra.embedded import free_port
from jobs.models import Tenant
from jobs.services import tenants
from reservations.core import generator
from reservations.models import Show
from tests.support.halls import on_sale
from tests.support.processes import Processes, until

# One line for each of thousands of requests would hide what is told.
logging.getLogger("httpx").setLevel(logging.WARNING)
# Each counts what must not be.
NEVER = {
    "booked without a ticket, or a ticket without its seat": """
        SELECT count(*) FROM reservations_showseat s LEFT JOIN reservations_ticket t ON t.show_seat_id = s.id AND t.cancelled_at IS NULL
         WHERE (s.state = 'booked') <> (t.id IS NOT NULL)""",
    "held by a hold that does not name it": """
        SELECT count(*) FROM reservations_showseat s JOIN reservations_hold h ON h.id = s.hold_id
         WHERE s.state = 'held' AND NOT s.id = ANY (h.seat_ids)""",
    "a hold with a part of its seats": """
        SELECT count(*) FROM reservations_hold h
         WHERE h.state = 'active' AND h.expires_at > clock_timestamp()
           AND cardinality(h.seat_ids) <> (SELECT count(*) FROM reservations_showseat s WHERE s.hold_id = h.id)""",
    "a seat with two valid tickets": """
        SELECT count(*) FROM (SELECT 1 FROM reservations_ticket WHERE cancelled_at IS NULL GROUP BY show_seat_id HAVING count(*) > 1) t""",
    "a party that got more or fewer seats than it asked for": """
        SELECT count(*) FROM reservations_hold h JOIN jobs_job j ON h.reference = 'job:' || j.id
         WHERE j.payload->'best'->>'size' IS NOT NULL AND cardinality(h.seat_ids) <> (j.payload->'best'->>'size')::int""",
    "a booking without the seats of its hold": """
        SELECT count(*) FROM reservations_booking b JOIN reservations_hold h ON h.id = b.hold_id
         WHERE b.revision = 1 AND cardinality(h.seat_ids) <> (SELECT count(*) FROM reservations_ticket t WHERE t.booking_id = b.id)""",
}


def broken() -> dict[str, int]:
    """What is so though it must not be; one look, so that all counts are of one moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"({sql})" for sql in NEVER.values()))
        return {name: count for name, count in zip(NEVER, cursor.fetchone() or (), strict=True) if count}


@dataclass
class Told:
    """What the buyers were answered. `wrongly`: refused while there was room."""

    holds: list[float] = field(default_factory=list)
    confirms: list[float] = field(default_factory=list)
    bookings: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrongly: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        rate = len(self.holds) / self.seconds if self.seconds else 0.0
        return (
            f"{len(self.holds)} answers to holds in {self.seconds:.1f} s: {rate:.0f} a second; "
            f"hold p50 {_at(self.holds, 0.5):.0f} ms, p99 {_at(self.holds, 0.99):.0f} ms; "
            f"confirm p50 {_at(self.confirms, 0.5):.0f} ms, p99 {_at(self.confirms, 0.99):.0f} ms; {len(self.bookings)} bookings"
        )


def _at(seconds: list[float], share: float) -> float:
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] if seconds else 0.0


def hall(seats: int) -> Show:
    """A show of so many seats, in rows of 40 with two aisles."""
    return on_sale(generator.straight("Storm", seats // 40, 40, aisles_after=(12, 28)), limit_per_buyer=100, hold_for=timedelta(minutes=20))


def web(farm: Processes) -> str:
    """A web process of its own; answers where it is."""
    port = free_port()
    farm.start("web", "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--no-access-log", DATABASE_POOL="12")
    url = f"http://127.0.0.1:{port}"
    until(lambda: _answers(url), 60, farm.logs)
    return url


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def keys(count: int) -> list[str]:
    tenant = Tenant.objects.get(slug="default")
    return [tenants.create_key(tenant, f"buyer {n}", ["read", "submit"])[1] for n in range(count)]


def run(url: str, show: Show, buyers: list[str], *, patience: float = 120.0) -> Told:
    """All buyers at once, until nothing is left to buy."""
    told, began = Told(), time.monotonic()
    asyncio.run(asyncio.wait_for(_all(url, show, buyers, told), patience))
    told.seconds = time.monotonic() - began
    return told


async def _all(url: str, show: Show, buyers: list[str], told: Told) -> None:
    limits = httpx.Limits(max_connections=len(buyers), max_keepalive_connections=len(buyers))
    async with httpx.AsyncClient(base_url=url, timeout=40, limits=limits) as client:
        await asyncio.gather(*(_buyer(Desk(client, show.pk, key), told, random.Random(n)) for n, key in enumerate(buyers)))


async def _buyer(desk: "Desk", told: Told, dice: random.Random) -> None:
    size = dice.randint(1, 6)
    while size:
        began = time.monotonic()
        said = await desk.hold(size)
        told.holds.append(time.monotonic() - began)
        if said["outcome"] == "refused":
            told.refused[said["code"]] += 1
            if said["code"] != "sold_out" or said["left"] >= size:
                told.wrongly.append(said | {"size": size})
                return
            size = min(size - 1, said["left"])
            continue
        began = time.monotonic()
        booked = await desk.confirm(said["hold"])
        told.confirms.append(time.monotonic() - began)
        told.bookings[booked["booking"]] += 1
        size = dice.randint(1, 6)


class Desk:
    """One buyer's way to the API: asks again when the line breaks, and waits for what takes longer."""

    def __init__(self, client: httpx.AsyncClient, show: int, key: str) -> None:
        self.client, self.show = client, show
        self.headers = {"Authorization": f"Bearer {key}", "Prefer": "wait=20"}
        self.number = 0

    async def hold(self, size: int) -> dict[str, Any]:
        self.number += 1
        key = {"Idempotency-Key": f"{self.headers['Authorization'][-8:]}:{self.number}"}
        return await self._ask(f"/api/shows/{self.show}/holds", {"best": {"size": size}}, key)

    async def confirm(self, hold: str) -> dict[str, Any]:
        return await self._ask(f"/api/shows/{self.show}/holds/{hold}/confirm", {"name": "Ada", "email": "ada@example.com"}, {})

    async def _ask(self, path: str, body: dict[str, Any], more: dict[str, str]) -> dict[str, Any]:
        answer = await self._call("POST", path, json=body, headers=self.headers | more)
        job = answer.json()
        while answer.status_code == 202 or job["status"] not in ("succeeded", "dead", "cancelled"):
            await asyncio.sleep(0.1)
            answer = await self._call("GET", f"/api/jobs/{job.get('jobId') or job['id']}", headers=self.headers)
            job = answer.json()
        assert job["status"] == "succeeded", job
        return dict(job["result"])

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """503 while a neighbour restarts, and a line that breaks, are tried again: every call of ours is idempotent."""
        while True:
            try:
                answer = await self.client.request(method, path, **options)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code != 503:
                assert answer.is_success, answer.text
                return answer
            await asyncio.sleep(0.2)


@contextmanager
def watched(every: float = 0.3) -> Iterator[list[dict[str, int]]]:
    """Looks at the invariants again and again meanwhile; the list has what each look found."""
    looks: list[dict[str, int]] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(every):
            looks.append(broken())
        connection.close()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield looks
    finally:
        over.set()
        watcher.join()


def run_beside(act: Callable[[], object], url: str, show: Show, buyers: list[str], patience: float) -> Told:
    """The storm, and meanwhile what `act` does. That stays in this thread: a process that a thread started ends with the thread."""
    with ThreadPoolExecutor(1) as pool:
        storm = pool.submit(run, url, show, buyers, patience=patience)
        act()
        return storm.result()
