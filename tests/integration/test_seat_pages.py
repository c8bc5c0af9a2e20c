"""Buying seats on the site, through a real worker."""

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from jobs.infra import journal
from reservations.models import Booking, Show, ShowSeat


@pytest.fixture
def show(platform: None) -> Show:
    call_command("demo_show")
    return Show.objects.get(name="The Tempest")


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


def test_a_visitor_sees_shows_and_holds_without_an_account(show: Show, client: Client) -> None:
    assert show.name in _said(client.get("/shows/"))
    assert "316 of 320 free" in _said(client.get("/shows/?q=tempest bremen"))
    assert "No show is like" in _said(client.get("/shows/?q=opera"))
    assert show.name in _said(client.get(f"/shows/{show.pk}/"))
    assert "Row N" in _said(client.get(f"/shows/{show.pk}/list/"))
    assert client.get(f"/shows/{show.pk}/list/?section=0").status_code == 404
    answer = client.post(f"/shows/{show.pk}/hold/", {"size": 2})
    assert answer["Location"].startswith("/shows/holds/")
    assert set(ShowSeat.objects.filter(show=show, state="held").values_list("hold__owner", flat=True)) == {None}


def test_chosen_seats_are_held_booked_and_given_back(show: Show, buyer: Client) -> None:
    seats = _free(show)
    page = buyer.post(f"/shows/{show.pk}/hold/", {"seat": seats}, follow=True)
    assert "Almost yours" in _said(page)
    address = page.redirect_chain[-1][0]
    page = buyer.post(f"{address}confirm/", {"name": "", "email": "x"})
    assert page.status_code == 422
    assert "Say your name" in _said(page)
    assert "like ada@example.com" in _said(page)
    assert buyer.post(f"{address}frame/").status_code == 404
    page = buyer.post(f"{address}confirm/", {"name": "Bea", "email": "bea@example.com"}, follow=True)
    row = Booking.objects.get(name="Bea")
    assert row.number in _said(page)
    assert row.number in _said(buyer.get("/shows/bookings/"))
    assert set(ShowSeat.objects.filter(pk__in=seats).values_list("state", flat=True)) == {"booked"}
    assert "cancelled" in _said(buyer.post(f"/shows/bookings/{row.pk}/", follow=True))
    assert set(ShowSeat.objects.filter(pk__in=seats).values_list("state", flat=True)) == {"free"}
    told = [e.name for e in journal.read("0-0") if e.name.startswith("seats.") and e.subject == show.subject]
    assert told == ["seats.held", "seats.booked", "seats.released"]


def test_the_best_seats_are_side_by_side(show: Show, buyer: Client) -> None:
    assert "Almost yours" in _said(buyer.post(f"/shows/{show.pk}/hold/", {"size": 3, "zone": ""}, follow=True))
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


def test_the_plan_is_kept_by_the_browser_and_what_is_taken_is_not(show: Show, buyer: Client) -> None:
    address = buyer.get(f"/shows/{show.pk}/").context["plan"]
    answer = buyer.get(address)
    plan = answer.json()
    assert "immutable" in answer["Cache-Control"]
    show.zones.filter(name="Front").update(price=50)
    assert "no-cache" in buyer.get(address)["Cache-Control"]
    assert buyer.get(f"/shows/{show.pk}/").context["plan"] != address
    assert {len(plan[column]) for column in ("id", "row", "label", "x", "y", "kind", "zone")} == {280}
    assert plan["kind"].count("w") == 3
    (area,) = plan["areas"]
    assert sum(last - first + 1 for first, last in area["seats"]) == 40
    now = buyer.get(f"/shows/{show.pk}/now.json")
    assert now["Cache-Control"] == "no-store"
    assert (len(now.json()["taken"]["blocked"]), now.json()["hold"]) == (4, None)


def test_the_best_are_shown_without_being_taken(show: Show, client: Client) -> None:
    shown = client.get(f"/shows/{show.pk}/best.json?size=3").json()["seats"]
    assert len(shown) == 3
    assert not ShowSeat.objects.filter(show=show, state="held").exists()
    assert client.get(f"/shows/{show.pk}/best.json?size=3&zone={show.zones.last().pk}").json()["seats"] == []  # type: ignore[union-attr]
    assert client.get(f"/shows/{show.pk}/best.json?size=many").status_code == 422
    area = client.get(f"/shows/{show.pk}/plan.json").json()["areas"][0]
    assert len(client.get(f"/shows/{show.pk}/best.json?size=2&area={area['id']}").json()["seats"]) == 2


def test_places_to_stand_are_held_from_a_form(show: Show, buyer: Client) -> None:
    area = buyer.get(f"/shows/{show.pk}/plan.json").json()["areas"][0]["id"]
    page = _said(buyer.post(f"/shows/{show.pk}/hold/", {"size": 2, "area": area}, follow=True))
    assert "Almost yours" in page
    assert "€24.00" in page


def test_a_hold_goes_into_a_booking_in_exchange_for_its_seats(show: Show, buyer: Client) -> None:
    seats = _free(show, 4)
    old, new = seats[:2], seats[2:]
    held = buyer.post(f"/shows/{show.pk}/hold/", {"seat": old}, follow=True).redirect_chain[-1][0]
    buyer.post(f"{held}confirm/", {"name": "Bea", "email": "bea@example.com"})
    booking = Booking.objects.get(name="Bea")
    assert "Choose other seats" in _said(buyer.get(f"/shows/bookings/{booking.pk}/"))
    page = buyer.post(f"/shows/{show.pk}/hold/", {"seat": new}, follow=True)
    assert "exchange them for seats of booking" in _said(page)
    hold = page.context["hold"].pk
    exchange = f"/shows/bookings/{booking.pk}/exchange/"
    assert "Choose the seats that you give" in _said(buyer.post(exchange, {"hold": hold}, follow=True))
    assert "The seats are exchanged" in _said(buyer.post(exchange, {"hold": hold, "give": old}, follow=True))
    assert sorted(booking.seats_now()) == sorted(new)
    assert set(ShowSeat.objects.filter(pk__in=old).values_list("state", flat=True)) == {"free"}


def test_who_comes_too_late_is_led_to_the_waiting_list(show: Show, client: Client) -> None:
    assert "Sold out." not in _said(client.get(f"/shows/{show.pk}/"))
    ShowSeat.objects.filter(show=show).update(state=ShowSeat.State.BLOCKED)
    for page in ("", "list/"):
        assert "Sold out." in _said(client.get(f"/shows/{show.pk}/{page}"))
    assert f"/shows/{show.pk}/waiting/" in _said(client.get("/shows/"))


def test_before_and_after_its_sale_a_show_says_so_without_scripts(show: Show, client: Client) -> None:
    now, address = timezone.now(), f"/shows/{show.pk}/"
    Show.objects.filter(pk=show.pk).update(on_sale_from=now + timedelta(hours=1))
    assert "on sale from" in _said(client.get("/shows/?q=tempest"))
    for page in (address, f"{address}list/"):
        assert "The sale opens on" in _said(client.get(page))
    said = client.get(f"{address}now.json").json()["sale"]
    assert said == {"open": False, "opens_at": (now + timedelta(hours=1)).isoformat(), "room": False}
    assert "not on sale now" in _said(client.post(f"{address}hold/", {"size": 2}, follow=True))
    Show.objects.filter(pk=show.pk).update(on_sale_from=now - timedelta(hours=2), on_sale_until=now - timedelta(hours=1))
    assert "not on sale any more" in _said(client.get("/shows/?q=tempest"))
    assert "not on sale any more" in _said(client.get(address))
    assert client.get(f"{address}now.json").json()["sale"] == {"open": False, "opens_at": None, "room": False}
