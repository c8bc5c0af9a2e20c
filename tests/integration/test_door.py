"""The door: each ticket once, by code or by its letters; a door without a network tells later, and doubles are found."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone

from jobs.models import Tenant
from jobs.services import tenants
from reservations.models import Booking, DoubleEntry, Entry, Show, Ticket
from reservations.queries import door as queries
from reservations.services import bookings, door, releasing, signing
from reservations.services.door import Scan
from tests.integration.test_openapi import conforms
from tests.integration.test_tickets import book
from tests.support.halls import on_sale


@pytest.fixture
def booking(db: None) -> Booking:
    return book(on_sale(limit_per_buyer=20), 3)


def codes(booking: Booking) -> list[str]:
    return [signing.code_of(ticket.pk, booking.show_id) for ticket in booking.tickets.order_by("pk")]


def scan(booking: Booking, code: str, **more: Any) -> door.Answer:
    return door.check_in(booking.show, Scan(code, **more))


def test_a_ticket_lets_one_in_and_the_second_is_told_when(booking: Booking) -> None:
    code = codes(booking)[0]
    first, second = scan(booking, code.lower(), door="North"), scan(booking, code)
    assert (first.outcome, first.name) == ("entered", "Łucja Żółć")
    assert "row A" in first.where
    assert (second.outcome, second.code, second.at) == ("refused", "used", first.at)
    assert Entry.objects.get().door == "North"


def test_letters_are_typed_and_nonsense_is_refused_in_words(booking: Booking) -> None:
    ticket = booking.tickets.first()
    assert ticket
    assert scan(booking, f" {ticket.short.lower()} ").outcome == "entered"
    for nonsense in ("", "AAAAAAAA", "hello", "A" * 149, codes(booking)[1][:-1]):
        assert scan(booking, nonsense).code == "not_a_ticket", nonsense


def test_another_shows_ticket_and_a_void_one_are_refused(booking: Booking) -> None:
    other = on_sale()
    assert door.check_in(other, Scan(codes(booking)[0])).code == "wrong_show"
    first = booking.tickets.order_by("pk")[0]
    releasing.free(booking.show_id, [first.show_seat_id], "broken")
    assert scan(booking, codes(booking)[0]).code == "void"
    assert scan(booking, codes(booking)[1]).outcome == "entered"
    refused = bookings.cancel(booking.show_id, booking.pk, "")
    assert getattr(refused, "code", "") == "entered"


def test_the_same_reference_is_the_same_entry(booking: Booking) -> None:
    code, reference = codes(booking)[0], str(uuid4())
    first, again = scan(booking, code, reference=reference), scan(booking, code, reference=reference)
    assert first == again
    assert Entry.objects.count() == 1


def test_two_doors_without_a_network_let_two_in_and_the_second_to_tell_is_a_double(booking: Booking) -> None:
    code = codes(booking)[0]
    north, south = (Scan(code, str(uuid4()), timezone.now(), place, let_in=True) for place in ("North", "South"))
    assert [a.outcome for a in door.sync(booking.show, [north])] == ["entered"]
    for _ in range(2):
        assert [(a.outcome, a.code) for a in door.sync(booking.show, [south])] == [("doubled", "used")]
    assert [a.outcome for a in door.sync(booking.show, [north])] == ["entered"]
    assert DoubleEntry.objects.get().door == "South"
    assert queries.counts_of(booking.show) == {"entered": 1, "sold": 3, "doubled": 1}


def test_a_void_ticket_that_was_let_in_without_a_network_is_found(booking: Booking) -> None:
    code = codes(booking)[0]
    bookings.cancel(booking.show_id, booking.pk, "")
    (answer,) = door.sync(booking.show, [Scan(code, "r1", timezone.now(), "North", let_in=True)])
    assert (answer.outcome, answer.code) == ("doubled", "void")
    assert DoubleEntry.objects.get().void


@pytest.mark.django_db(transaction=True)
def test_of_two_doors_at_once_one_lets_in() -> None:
    booking = book(on_sale(), 1)
    (code,) = codes(booking)
    told: list[str] = []
    together = threading.Barrier(4)

    def check() -> None:
        together.wait(20)
        told.append(scan(booking, code).outcome)
        connection.close()

    threads = [threading.Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["entered", "refused", "refused", "refused"]


def client_with(*scopes: str) -> Client:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "door", list(scopes))[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def test_the_api_of_the_door_is_for_the_door_and_keeps_its_word(booking: Booking) -> None:
    show: Show = booking.show
    at_door, shop = client_with("read", "submit", "clerk"), client_with("read", "submit")
    base = f"/api/shows/{show.pk}"
    document = at_door.get("/api/openapi.json").json()
    path = "/api/shows/{show}"
    listed = at_door.get(f"{base}/door")
    conforms(document, "GET", f"{path}/door", listed)
    assert set(listed.json()["tickets"]) == {str(t.pk) for t in booking.tickets.all()}
    for status in (201, 200):
        answer = at_door.post(f"{base}/entries", {"code": codes(booking)[0]}, content_type="application/json")
        assert answer.status_code == status
        conforms(document, "POST", f"{path}/entries", answer)
    told = {"entries": [{"code": codes(booking)[1], "reference": "r1", "at": timezone.now().isoformat()}]}
    answer = at_door.post(f"{base}/entries/sync", told, content_type="application/json")
    conforms(document, "POST", f"{path}/entries/sync", answer)
    assert at_door.get(f"{base}/door/counts").json() == {"entered": 2, "sold": 3, "doubled": 0}
    for response in (shop.get(f"{base}/door"), shop.post(f"{base}/entries", {"code": "x"}, content_type="application/json")):
        assert (response.status_code, response.json()["code"]) == (403, "not_allowed")


def test_the_page_works_without_scripts_for_those_at_the_door(booking: Booking, django_user_model: Any) -> None:
    person, guest = django_user_model.objects.create_user("dora"), django_user_model.objects.create_user("gus")
    person.groups.add(Group.objects.get_or_create(name="door")[0])
    browser, other = Client(), Client()
    browser.force_login(person)
    other.force_login(guest)
    address = f"/shows/{booking.show_id}/door/"
    assert other.get(address).status_code == 403
    assert "0 of 3 are in" in browser.get(address).content.decode()
    code = codes(booking)[0]
    assert "Come in." in browser.post(address, {"code": code}).content.decode()
    assert "Stop. Someone came in with it" in browser.post(address, {"code": code}).content.decode()
    assert Ticket.objects.filter(entry__isnull=False).count() == 1
    worker = browser.get("/shows/door-worker.js")
    assert worker["Service-Worker-Allowed"] == "/shows/"
