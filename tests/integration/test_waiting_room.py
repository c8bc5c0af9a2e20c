"""The waiting room: a lot for the early, a queue for the rest, admission by the measured pace, no place lost."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job, Tenant
from reservations.core import pacing
from reservations.core.picker import Want
from reservations.models import RoomPace, RoomPlace, Show
from reservations.services import holding, waiting_room
from reservations.services.answers import Held, Refused
from tests.support.halls import on_sale

OPENING = timezone.now()


def at(seconds: float) -> datetime:
    return OPENING + timedelta(seconds=seconds)


@pytest.fixture
def show(db: None) -> Show:
    return on_sale(waiting_room=True, on_sale_from=OPENING)


def come(show: Show, names: list[str], seconds: float, seed: int = 1) -> dict[str, waiting_room.Standing]:
    dice = random.Random(seed)
    return {name: waiting_room.arrive(show, name, dice.random, at(seconds)) for name in names}


def order() -> list[str]:
    return list(RoomPlace.objects.order_by("admitted_at", "turn").filter(admitted_at__isnull=False).values_list("visitor", flat=True))


def pass_time(show: Show, seconds: int, begin: float = 0.0) -> None:
    """As pages that ask again and beat do."""
    for step in range(1, seconds + 1):
        RoomPlace.objects.update(seen_at=at(begin + step))
        waiting_room.admit(show, at(begin + step))


def test_the_early_are_in_by_lot_the_later_by_the_order_in_which_they_came(show: Show) -> None:
    Show.objects.filter(pk=show.pk).update(limit_per_buyer=1)
    early = [f"user:{n}" for n in range(40)]
    assert {standing.state for standing in come(show, early, -60).values()} == {"early"}
    later = [f"user:{n}" for n in range(100, 110)]
    for number, name in enumerate(later):
        come(show, [name], 0.01 * (number + 1))
    turns = list(RoomPlace.objects.order_by("turn").values_list("visitor", flat=True))
    assert sorted(turns[:40]) == sorted(early)
    assert turns[:40] != early, "the early were not shuffled"
    assert turns[40:] == later


def test_they_are_let_in_at_the_pace_and_never_more_than_there_are_seats_for(show: Show) -> None:
    come(show, [f"user:{n}" for n in range(300)], -5)
    pass_time(show, 1)
    first = RoomPlace.objects.filter(admitted_at__isnull=False).count()
    assert 1 <= first <= pacing.FIRST + 1
    pass_time(show, 30, 1)
    inside = RoomPlace.objects.filter(admitted_at__isnull=False).count()
    assert inside == show.seats.count() / pacing.SEATS_EACH, "forty seats are for twenty at once"
    turns = list(RoomPlace.objects.filter(admitted_at__isnull=False).values_list("turn", flat=True))
    assert max(turns) < min(RoomPlace.objects.filter(admitted_at=None).values_list("turn", flat=True))


def test_slow_holds_slow_the_admission(show: Show) -> None:
    come(show, [f"user:{n}" for n in range(300)], -5)
    tenant = Tenant.objects.get(slug="default")
    for _ in range(10):
        Job.objects.create(
            tenant=tenant, type="seats.hold", queue="checkout", state="succeeded", submitted_at=at(0), finished_at=at(5), payload={}
        )
    pass_time(show, 6)
    slow = RoomPace.objects.get(show=show).rate
    assert slow < pacing.FIRST / 4
    Job.objects.all().delete()
    pass_time(show, 10, 6)
    assert RoomPace.objects.get(show=show).rate > slow


def test_a_reload_changes_nothing_and_who_is_away_is_passed_over_but_keeps_the_place(show: Show) -> None:
    come(show, [f"user:{n}" for n in range(10)], -5)
    before = dict(RoomPlace.objects.values_list("visitor", "turn"))
    come(show, [f"user:{n}" for n in range(10)], -4, seed=99)
    assert dict(RoomPlace.objects.values_list("visitor", "turn")) == before
    away = RoomPlace.objects.order_by("turn")[0]
    RoomPlace.objects.exclude(pk=away.pk).update(seen_at=at(60))
    waiting_room.admit(show, at(60.5))
    away.refresh_from_db()
    assert away.admitted_at is None
    assert RoomPlace.objects.filter(admitted_at__isnull=False).exists()
    assert waiting_room.arrive(show, away.visitor, random.random, at(62)).state == "admitted"


def test_position_and_estimate_are_what_they_are(show: Show) -> None:
    come(show, [f"user:{n}" for n in range(200)], -5)
    pass_time(show, 10)
    inside = RoomPlace.objects.filter(admitted_at__isnull=False).count()
    last = RoomPlace.objects.order_by("-turn")[0]
    standing = waiting_room.standing(show, last, at(10))
    assert standing.ahead == 200 - inside - 1
    assert standing.seconds == pytest.approx((standing.ahead + 1) * 10 / inside)


def test_a_hold_is_refused_until_it_is_ones_turn(show: Show) -> None:
    ask = lambda name: holding.hold(show.pk, [holding.Request(f"{name}:{random.random()}", name, best=Want(1))])[0]  # noqa: E731
    refused = ask("user:1")
    assert isinstance(refused, Refused)
    assert refused.code == "waiting_room"
    assert waiting_room.arrive(show, "user:1").state in ("waiting", "admitted")
    RoomPlace.objects.update(admitted_at=timezone.now(), until=timezone.now() + timedelta(minutes=1))
    assert isinstance(ask("user:1"), Held)


def test_an_admission_that_is_over_queues_again_behind_the_others(show: Show) -> None:
    come(show, ["user:1", "user:2"], -5)
    pass_time(show, 3)
    RoomPlace.objects.filter(visitor="user:2").update(admitted_at=None, until=None)
    late = waiting_room.GOOD_FOR.total_seconds() + 60
    RoomPace.objects.update(at=at(late + 5))
    standing = waiting_room.arrive(show, "user:1", random.random, at(late))
    assert standing.state == "waiting"
    assert RoomPlace.objects.get(visitor="user:1").turn > RoomPlace.objects.get(visitor="user:2").turn


def test_the_page_keeps_a_visitors_place_by_cookie_and_through_signing_in(show: Show, django_user_model: Any) -> None:
    RoomPace.objects.create(show=show, at=timezone.now() + timedelta(hours=1))
    visitor = Client()
    assert visitor.get(f"/shows/{show.pk}/").headers["Location"] == f"/shows/{show.pk}/room/"
    assert "You are next" in visitor.get(f"/shows/{show.pk}/room/").content.decode()
    visitor.get(f"/shows/{show.pk}/room/")
    (place,) = RoomPlace.objects.all()
    ada = django_user_model.objects.create_user("ada", password="a long pass phrase")
    visitor.post("/login/", {"username": "ada", "password": "a long pass phrase"})
    visitor.get(f"/shows/{show.pk}/room/")
    (same,) = RoomPlace.objects.all()
    assert (same.pk, same.turn, same.visitor) == (place.pk, place.turn, f"user:{ada.pk}")
    RoomPlace.objects.update(admitted_at=timezone.now(), until=timezone.now() + timedelta(minutes=1))
    assert visitor.get(f"/shows/{show.pk}/room/").headers["Location"] == f"/shows/{show.pk}/"
    assert visitor.get(f"/shows/{show.pk}/").status_code == 200
