"""The whole of seats over HTTP, through a real worker: bookings, exchange, staff, waiting list; and it answers as it publishes."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from jobs.models import Tenant
from jobs.services import tenants
from reservations.core import generator
from reservations.models import Show
from reservations.services import news, shows
from tests.integration.test_openapi import conforms
from tests.support.halls import on_sale
from tests.support.stock import product

WAIT = {"prefer": "wait=15"}


@pytest.fixture
def show(platform: None) -> Show:
    return on_sale()


def client_with(*scopes: str) -> Client:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", list(scopes))[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def post(api: Client, path: str, body: object = None) -> dict[str, Any]:
    answer = api.post(path, body, content_type="application/json", headers=WAIT)
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["result"])


def book(api: Client, show: Show, size: int = 2) -> dict[str, Any]:
    held = post(api, f"/api/shows/{show.pk}/holds", {"best": {"size": size}})
    return post(api, f"/api/shows/{show.pk}/holds/{held['hold']}/confirm", {"name": "Ada", "email": "ada@example.com"})


def test_a_booking_is_read_exchanged_and_its_tickets_fetched(show: Show) -> None:
    api, stranger = client_with("read", "submit"), client_with("read", "submit")
    document = api.get("/api/openapi.json").json()
    made = book(api, show)
    at = f"/api/bookings/{made['booking']}"
    answer = api.get(at)
    conforms(document, "GET", "/api/bookings/{booking}", answer)
    conforms(document, "GET", "/api/bookings", api.get("/api/bookings"))
    conforms(document, "GET", "/api/tickets/keys", api.get("/api/tickets/keys"))
    assert [t["seat"] for t in answer.json()["tickets"]] == made["seats"]
    assert api.get(f"{at}/tickets.pdf").content.startswith(b"%PDF")
    assert b"BEGIN:VEVENT" in api.get(f"{at}/calendar.ics").content
    for path in (at, f"{at}/tickets.pdf", f"{at}/calendar.ics"):
        assert stranger.get(path).status_code == 404
    free = [row[0] for row in api.get(f"/api/shows/{show.pk}").json()["seats"]][25:27]
    held = post(api, f"/api/shows/{show.pk}/holds", {"seats": free})
    longer = post(api, f"/api/shows/{show.pk}/holds/{held['hold']}/extend")
    assert longer["outcome"] == "held"
    changed = post(api, f"{at}/exchange", {"give": made["seats"], "hold": held["hold"]})
    assert changed["seats"] == free
    assert post(api, f"{at}/cancel", {"reason": "ill"})["outcome"] == "cancelled"
    void = api.get(f"{at}/tickets.pdf")
    assert (void.status_code, void.json()["code"]) == (409, "invalid_state")


def test_the_box_office_acts_for_others_and_changes_what_is_sold(show: Show) -> None:
    buyer, office = client_with("read", "submit"), client_with("read", "submit", "manager")
    made = book(buyer, show)
    body = {"seats": made["seats"], "act": "free", "reason": "double sale"}
    refused = buyer.post(f"/api/shows/{show.pk}/overrides", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert made["booking"] in [b["id"] for b in office.get("/api/bookings").json()]
    said = post(office, f"/api/shows/{show.pk}/overrides", body)
    assert (said["outcome"], said["bookings"]) == ("overridden", [made["booking"]])
    again = book(buyer, show)
    assert post(office, f"/api/bookings/{again['booking']}/cancel", {"reason": "by phone"})["outcome"] == "cancelled"


def test_a_party_waits_is_offered_and_books(show: Show) -> None:
    buyer, office = client_with("read", "submit"), client_with("read", "submit", "manager")
    seats = [row[0] for row in office.get(f"/api/shows/{show.pk}").json()["seats"]]
    post(office, f"/api/shows/{show.pk}/overrides", {"seats": seats, "act": "block", "reason": "later"})
    waits = post(buyer, f"/api/shows/{show.pk}/waiting", {"name": "Ada", "email": "ada@example.com", "size": 2})
    assert (waits["outcome"], waits["ahead"]) == ("waits", 0)
    document = office.get("/api/openapi.json").json()
    listed = office.get(f"/api/shows/{show.pk}/waiting")
    conforms(document, "GET", "/api/shows/{show}/waiting", listed)
    post(office, f"/api/shows/{show.pk}/overrides", {"seats": seats[:2], "act": "free", "reason": "now"})
    (mine,) = buyer.get(f"/api/shows/{show.pk}/waiting").json()
    assert mine["state"] == "offered"
    booked = post(buyer, f"/api/shows/{show.pk}/holds/{mine['hold']}/confirm", {"name": "Ada", "email": "ada@example.com"})
    assert booked["seats"] == seats[:2]
    (mine,) = buyer.get(f"/api/shows/{show.pk}/waiting").json()
    assert mine["state"] == "served"


def test_extras_of_a_booking_are_given_back_over_http(show: Show) -> None:
    buyer, stranger, office = client_with("read", "submit"), client_with("read", "submit"), client_with("read", "submit", "manager")
    product("PROG", 3, name="Programme", price="6.50")
    extra = shows.offer(show, "PROG", 3)
    held = post(buyer, f"/api/shows/{show.pk}/holds", {"best": {"size": 2}})
    at = f"/api/shows/{show.pk}/holds/{held['hold']}"
    assert post(buyer, f"{at}/extras", {"extras": {str(extra.pk): 3}})["outcome"] == "chosen"
    made = post(buyer, f"{at}/confirm", {"name": "Ada", "email": "ada@example.com"})
    path = f"/api/bookings/{made['booking']}/extras"
    assert stranger.post(path, {"keep": {"PROG": 0}}, content_type="application/json").status_code == 404
    wrong = buyer.post(path, {"keep": {"PROG": -1}}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_payload")
    assert post(buyer, path, {"keep": {"PROG": 2}})["total"] == "73.00"
    assert post(office, path, {"keep": {"PROG": 0}})["extras"] == {"PROG": 0}
    assert buyer.get(f"/api/bookings/{made['booking']}").json()["extras"] == []


def test_standing_room_is_held_by_its_capacity(platform: None) -> None:
    show = on_sale(generator.straight("Club", 1, 4, standing=5), limit_per_buyer=10)
    api = client_with("read", "submit")
    (area,) = api.get(f"/api/shows/{show.pk}").json()["areas"]
    assert len(post(api, f"/api/shows/{show.pk}/holds", {"best": {"size": 4, "area": area["id"]}})["seats"]) == 4
    refused = post(api, f"/api/shows/{show.pk}/holds", {"best": {"size": 2, "area": area["id"]}})
    assert (refused["code"], refused["left"]) == ("sold_out", 1)
    assert api.get(f"/api/shows/{show.pk}").json()["areas"][0]["free"] == 1


def test_the_waiting_room_is_asked_over_http(platform: None) -> None:
    show = on_sale(waiting_room=True)
    api = client_with("read", "submit")
    document = api.get("/api/openapi.json").json()
    answer = api.post(f"/api/shows/{show.pk}/room")
    conforms(document, "POST", "/api/shows/{show}/room", answer)
    assert answer.json()["state"] in ("waiting", "admitted")
    missing = api.post(f"/api/shows/{on_sale().pk}/room")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_every_event_of_seats_is_explained() -> None:
    told = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "events.md").read_text()
    declared = [*news.CHANGES.values(), *news.BOOKINGS.values(), *news.WAITING.values(), *news.ENTRIES.values(), news.DELIVERED]
    for event in declared:
        assert f"`{event.type.name}`" in told, event.type.name
