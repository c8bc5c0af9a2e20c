"""Buying seats on the site, through a real worker."""

import itertools
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from jobs.infra import journal
from reservations.models import Booking, Show, ShowSeat


@pytest.fixture
def show(platform: None) -> Show:
    call_command("demo_show")
    return Show.objects.get()


@pytest.fixture
def buyer(show: Show, django_user_model: Any) -> Client:
    browser = Client()
    browser.force_login(django_user_model.objects.create_user("bea"))
    return browser


def _free(show: Show, count: int = 2) -> list[int]:
    row = ShowSeat.objects.filter(show=show, state="free", seat__kind="normal", seat__block__row__rank=5)
    line = row.order_by("seat__block_id", "seat__place")
    return list(line.values_list("pk", flat=True)[:count])


def _said(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


def test_a_visitor_sees_shows_and_is_asked_to_sign_in_to_hold(show: Show, client: Client) -> None:
    assert show.name in _said(client.get("/shows/"))
    assert "Row" in _said(client.get(f"/shows/{show.pk}/"))
    assert client.post(f"/shows/{show.pk}/hold/", {"size": 2}).status_code == 302
    assert not ShowSeat.objects.filter(show=show, state="held").exists()


def test_chosen_seats_are_held_booked_and_given_back(show: Show, buyer: Client) -> None:
    seats = _free(show)
    page = buyer.post(f"/shows/{show.pk}/hold/", {"seat": seats}, follow=True)
    assert "Held for you" in _said(page)
    address = page.redirect_chain[-1][0]
    assert "Give a name" in _said(buyer.post(f"{address}confirm/", {"name": "", "email": "x"}, follow=True))
    page = buyer.post(f"{address}confirm/", {"name": "Bea", "email": "bea@example.com"}, follow=True)
    row = Booking.objects.get()
    assert row.number in _said(page)
    assert row.number in _said(buyer.get("/shows/bookings/"))
    assert set(ShowSeat.objects.filter(pk__in=seats).values_list("state", flat=True)) == {"booked"}
    assert "cancelled" in _said(buyer.post(f"/shows/bookings/{row.pk}/", follow=True))
    assert set(ShowSeat.objects.filter(pk__in=seats).values_list("state", flat=True)) == {"free"}
    assert [e.name for e in journal.read("0-0") if e.name.startswith("seats.")] == ["seats.held", "seats.booked", "seats.released"]


def test_the_best_seats_are_side_by_side(show: Show, buyer: Client) -> None:
    assert "Held for you" in _said(buyer.post(f"/shows/{show.pk}/hold/", {"size": 3, "zone": ""}, follow=True))
    held = ShowSeat.objects.filter(show=show, state="held").values_list("seat__block_id", "seat__place").order_by("seat__place")
    blocks, places = {block for block, _ in held}, [place for _, place in held]
    assert len(blocks) == 1
    assert [b - a for a, b in itertools.pairwise(places)] == [1, 1]


def test_seats_that_another_has_are_refused_by_name(show: Show, buyer: Client, django_user_model: Any) -> None:
    other = Client()
    other.force_login(django_user_model.objects.create_user("otto"))
    seats = _free(show)
    other.post(f"/shows/{show.pk}/hold/", {"seat": seats})
    page = _said(buyer.post(f"/shows/{show.pk}/hold/", {"seat": seats}, follow=True))
    assert "taken a moment ago" in page
    assert "Free instead" in page


def test_nothing_chosen_nonsense_and_anothers_hold_are_answered_in_words(show: Show, buyer: Client) -> None:
    assert "Choose at least one seat" in _said(buyer.post(f"/shows/{show.pk}/hold/", follow=True))
    assert "Choose at least one seat" in _said(buyer.post(f"/shows/{show.pk}/hold/", {"size": "many"}, follow=True))
    assert "no such seats" in _said(buyer.post(f"/shows/{show.pk}/hold/", {"seat": [999_999]}, follow=True))
    assert buyer.get("/shows/holds/00000000-0000-4000-8000-000000000000/").status_code == 404
    assert buyer.get("/shows/99999/").status_code == 404
