"""Reservations over HTTP, through a real worker."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from jobs.models import Job, Tenant
from jobs.services import tenants
from stock.models import Movement, Product, Reservation
from stock.services import owed
from tests.support.stock import drift, product, tenant

WAIT = {"prefer": "wait=10"}
URL = "/api/stock/reservations"


@pytest.fixture
def api(platform: None) -> Client:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit"])[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def reserve(api: Client, sku: str, quantity: int, **headers: str) -> Any:
    body = {"lines": [{"sku": sku, "quantity": quantity}], "ttl": 60}
    return api.post(URL, body, content_type="application/json", headers=WAIT | headers)


def test_who_waits_is_told_201_or_409_with_what_is_left(api: Client) -> None:
    product("A", 5)
    made = reserve(api, "A", 3)
    assert (made.status_code, made.json()["state"]) == (201, "active")
    assert made.json()["lines"] == [{"sku": "A", "quantity": 3, "location": "North", "price": "2.00"}]
    assert (made.json()["currency"], made.json()["total"]) == ("EUR", "6.00")
    refused = reserve(api, "A", 3)
    assert (refused.status_code, refused["Content-Type"], refused.json()["code"]) == (409, "application/problem+json", "out_of_stock")
    assert refused.json()["lines"] == [{"sku": "A", "wanted": 3, "left": 2}]
    assert not drift()


def test_a_known_key_answers_the_same_again(api: Client) -> None:
    product("A", 5)
    first, again = (reserve(api, "A", 3, **{"idempotency-key": "cart-1"}) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert Reservation.objects.count() == 1


def test_who_does_not_wait_gets_the_job(api: Client) -> None:
    product("A", 5)
    answer = api.post(URL, {"lines": [{"sku": "A", "quantity": 1}]}, content_type="application/json")
    assert answer.status_code == 202
    assert Job.objects.get(pk=answer.json()["jobId"]).queue == "checkout"


@pytest.mark.parametrize(
    "body", [{}, {"lines": []}, {"lines": [{"sku": "A", "quantity": 0}]}, {"lines": [{"sku": "A", "quantity": 1}], "ttl": 1}]
)
def test_a_wrong_request_is_422(api: Client, body: Any) -> None:
    answer = api.post(URL, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_it_is_extended_confirmed_and_then_no_more_released(api: Client) -> None:
    product("A", 5)
    url = f"{URL}/{reserve(api, 'A', 3).json()['id']}"
    assert api.post(f"{url}/extend", {"ttl": 600}, content_type="application/json", headers=WAIT).status_code == 200
    assert api.post(f"{url}/confirm", headers=WAIT).json()["state"] == "confirmed"
    refused = api.post(f"{url}/release", headers=WAIT)
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
    assert [row["state"] for row in api.get(f"{URL}?state=confirmed").json()["items"]] == ["confirmed"]
    assert not drift()


def test_a_customer_and_a_key_see_their_own_alone_and_a_clerk_everyones(api: Client) -> None:
    product("A", 5)
    somebody_elses = reserve(api, "A", 1).json()["id"]
    person = Client()
    person.force_login(get_user_model().objects.create_user("ada"))
    mine = reserve(person, "A", 1).json()["id"]
    assert [row["id"] for row in person.get(URL).json()["items"]] == [mine]
    assert person.get(f"{URL}/{somebody_elses}").status_code == 404
    assert person.post(f"{URL}/{somebody_elses}/confirm", headers=WAIT).status_code == 404
    assert [row["id"] for row in api.get(URL).json()["items"]] == [somebody_elses]
    assert api.get(f"{URL}/{mine}").status_code == 404
    clerk = Client(headers={"authorization": f"Bearer {tenants.create_key(tenant(), 'clerk', ['read', 'clerk'])[1]}"})
    assert len(clerk.get(URL).json()["items"]) == 2


def test_a_reservation_keeps_its_prices_whatever_they_are_later(api: Client) -> None:
    product("A", 1, backorder=True)
    made = reserve(api, "A", 3).json()
    Product.objects.update(price=9)
    product("A", 2, "South")
    owed.sweep()
    assert api.post(f"/api/stock/reservations/{made['id']}/confirm", headers=WAIT).status_code == 200
    said = api.get(f"/api/stock/reservations/{made['id']}").json()
    assert sorted((line["location"], line["quantity"], line["price"]) for line in said["lines"]) == [
        ("North", 1, "2.00"),
        ("South", 2, "2.00"),
    ]
    assert said["total"] == "6.00"
    assert set(Movement.objects.filter(kind="sold").values_list("unit_price", flat=True)) == {2}


def test_a_location_that_is_typed_wrong_is_no_empty_shelf(api: Client) -> None:
    product("A", 5)
    lines = [{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1, "location": "Nroth"}]
    answer = api.post(URL, {"lines": lines, "rule": "there"}, content_type="application/json", headers=WAIT)
    assert (answer.status_code, answer.json()["fields"]) == (422, {"lines.1.location": "is unknown"})


def test_a_refusal_says_what_the_rule_could_have_given(api: Client) -> None:
    product("A", 5)
    product("A", 2, "Shop")
    for rule, left in (("split", 7), ("whole", 5), ("there", 2)):
        body = {"lines": [{"sku": "A", "quantity": 9, "location": "Shop"}], "rule": rule}
        answer = api.post(URL, body, content_type="application/json", headers=WAIT)
        assert (answer.status_code, answer.json()["lines"][0]["left"]) == (409, left)
