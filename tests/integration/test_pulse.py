"""The operators' pages hear that something happened: quickly, rarely, and nothing else."""

import asyncio
from collections.abc import Callable

import pytest
from django.test import Client

from jobs.core.patterns import any_of
from jobs.core.roles import Role
from jobs.infra import journal
from jobs.infra.feed import feed
from jobs.infra.redis import client
from jobs.models import Tenant
from jobs.web.ops import pulse
from tests.support.people import signed_in

Messages = list[str]


@pytest.fixture
def quick(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client().flushdb()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    for name in ("RECORDER", "PACE", "SETTLED"):
        monkeypatch.setattr(pulse, name, getattr(pulse, name) / 10)


def appended(*names: str) -> Callable[[], None]:
    return lambda: [journal.append(name, "7", "any", {"secret": 1}) for name in names] and None


async def heard(pattern: str, act: Callable[[], None], silence: float = 1.0) -> Messages:
    """What the stream says after the act, until it is silent for so long."""
    stream = pulse.messages(any_of((pattern,)))
    assert await anext(stream) == "retry: 1000\n\n"
    # The first time the reader finds its place, and the last once more: nothing can have been missed.
    assert [await anext(stream), await anext(stream)] == [pulse.CHANGED] * 2
    await asyncio.to_thread(act)
    told: Messages = []
    while True:
        try:
            told.append(await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(anext(stream))), silence))
        except TimeoutError:
            return told


def test_what_fits_is_told_without_a_word_of_what_it_was(quick: None) -> None:
    told = asyncio.run(heard("job.*", appended("job.dead")))
    assert told == [pulse.CHANGED, pulse.CHANGED], "at once, and once more when the rows are there for certain"


def test_what_does_not_fit_is_not_told(quick: None) -> None:
    assert asyncio.run(heard("alert.*", appended("job.dead", "stock.available"))) == []


def test_a_flood_is_told_a_few_times(quick: None) -> None:
    told = asyncio.run(heard("job.*", appended(*["job.started", "job.succeeded"] * 1000)))
    assert 2 <= len(told) < 200


def test_the_reader_ends_with_the_last_pulse(quick: None) -> None:
    async def come_and_go() -> tuple[int, int]:
        async with feed().pulse(any_of(("**",))):
            there = feed().count()
        return there, feed().count()

    assert asyncio.run(come_and_go()) == (1, 0)


def test_it_is_for_the_staff_and_patterns_are_checked(quick: None) -> None:
    assert Client().get("/ops/pulse").status_code == 403
    assert signed_in("customer").get("/ops/pulse?hears=**").status_code == 403
    assert signed_in("vera", Role.VIEWER).get("/ops/pulse?hears=job..x").status_code == 422
    assert signed_in("valid", Role.VIEWER).get("/ops/pulse?hears=job.*")["Content-Type"] == "text/event-stream"
