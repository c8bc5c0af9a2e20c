"""Seats over HTTP, through a real worker."""

import pytest
from django.test import Client

from jobs.models import Tenant
from jobs.services import tenants
from reservations.models import Booking, Show
from tests.support.halls import on_sale

WAIT = {"prefer": "wait=10"}


@pytest.fixture
def show(platform: None) -> Show:
    return on_sale()


@pytest.fixture
def api(platform: None) -> Client:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit"])[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def post(api: Client, path: str, body: object) -> dict[str, object]:
    answer = api.post(path, body, content_type="application/json", headers=WAIT)
    assert answer.status_code == 200, answer.content
    return answer.json()["result"]  # type: ignore[no-any-return]


def test_seats_are_held_booked_and_given_back_in_one_request_each(api: Client, show: Show) -> None:
    assert [s["id"] for s in api.get("/api/shows").json()] == [show.pk]
    held = post(api, f"/api/shows/{show.pk}/holds", {"best": {"size": 2}})
    assert held["outcome"] == "held"
    assert len(api.get(f"/api/shows/{show.pk}").json()["status"]) == 2
    booked = post(api, f"/api/shows/{show.pk}/holds/{held['hold']}/confirm", {"name": "Ada", "email": "ada@example.com"})
    assert (booked["outcome"], booked["seats"]) == ("booked", held["seats"])
    assert post(api, f"/api/bookings/{booked['booking']}/cancel", {})["outcome"] == "cancelled"
    assert Booking.objects.get().state == "cancelled"


def test_what_is_wrong_or_not_there_is_a_problem_with_a_code(api: Client, show: Show) -> None:
    wrong = api.post(f"/api/shows/{show.pk}/holds", {"best": {"size": 0}}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
    missing = api.post("/api/shows/999999/holds", {"best": {"size": 1}}, content_type="application/json")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_who_acts_is_not_a_clients_to_say(platform: None) -> None:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "clever", ["read", "submit"])[1]
    headers = {"authorization": f"Bearer {secret}"}
    order = {"type": "seats.override", "data": {"show": 1, "seats": [1], "act": "free", "reason": "me"}}
    for path, body in (("/api/jobs", order), ("/api/jobs/batch", [order])):
        answer = Client().post(path, body, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
