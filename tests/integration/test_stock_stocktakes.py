"""Stocktakes: what moves while people count is neither lost nor counted twice."""

from typing import Any

import pytest
from django.test import Client

from jobs.core.errors import InvalidState
from jobs.declare import subscribe
from jobs.services import tenants
from stock.models import Level, Location, Movement, Reservation, Stocktake
from stock.services import counting, ledger, settling
from stock.services.counting import MovedMeanwhile
from stock.services.ledger import Move
from stock.services.reserving import apply
from tests.support.stock import client_of, drift, product, request, tenant


def begun(**units: int) -> Stocktake:
    for sku, quantity in units.items():
        product(sku, quantity)
    return counting.start(tenant(), Location.objects.get_or_create(tenant=tenant(), name="North")[0])


def on_hand(sku: str) -> int:
    return Level.objects.get(product__sku=sku).on_hand


def sell(sku: str, units: int) -> None:
    apply([request(f"sale {sku} {units}", (sku, units))])
    settling.confirm(tenant(), Reservation.objects.get(reference=f"sale {sku} {units}").pk)


@pytest.mark.django_db
def test_a_count_is_held_against_the_books_of_its_own_moment() -> None:
    stocktake = begun(A=10, B=5, C=7)
    sell("A", 1)
    counting.count(tenant(), stocktake.pk, "A", 8)  # the books say 9: one is missing
    sell("A", 3)
    counting.count(tenant(), stocktake.pk, "B", 6)
    for _ in range(2):
        counting.apply(tenant(), stocktake.pk)
    assert {sku: on_hand(sku) for sku in "ABC"} == {"A": 5, "B": 6, "C": 7}
    assert [(m.quantity, m.reference) for m in Movement.objects.filter(kind="counted").order_by("pk")] == [
        (-1, f"stocktake:{stocktake.pk}"),
        (1, f"stocktake:{stocktake.pk}"),
    ]
    assert not drift()


@pytest.mark.django_db
def test_scans_add_up_each_once_and_not_over_a_movement() -> None:
    stocktake = begun(A=10)
    for scan in ("1", "2", "2"):
        line = counting.count(tenant(), stocktake.pk, "A", 3, add=True, scan=scan)
    assert line.counted == 6
    sell("A", 2)
    with pytest.raises(MovedMeanwhile, match="said 10, now 8"):
        counting.count(tenant(), stocktake.pk, "A", 1, add=True, scan="3")
    line = counting.count(tenant(), stocktake.pk, "A", 8)
    assert (line.counted, line.expected, line.difference) == (8, 8, 0)


@pytest.mark.django_db
def test_what_was_not_counted_is_left_or_booked_as_nothing() -> None:
    first = begun(A=10, B=5)
    counting.count(tenant(), first.pk, "A", 10)
    counting.apply(tenant(), first.pk)
    assert on_hand("B") == 5
    second = begun()
    counting.count(tenant(), second.pk, "A", 10)
    counting.apply(tenant(), second.pk, missing=True)
    assert (on_hand("A"), on_hand("B")) == (10, 0)


@pytest.mark.django_db
def test_reserved_units_are_not_counted_away_and_the_line_says_so() -> None:
    stocktake = begun(A=5, B=5)
    apply([request("1", ("A", 4))])
    counting.count(tenant(), stocktake.pk, "A", 3)
    counting.count(tenant(), stocktake.pk, "B", 4)
    counting.apply(tenant(), stocktake.pk)
    assert (on_hand("A"), on_hand("B")) == (5, 4)
    assert "Only 1 are free" in stocktake.lines.get(product__sku="A").problem
    assert not drift()


@pytest.mark.django_db
def test_what_is_found_and_was_not_expected_comes_in() -> None:
    stocktake = begun()
    product("X")
    counting.count(tenant(), stocktake.pk, "X", 2)
    counting.apply(tenant(), stocktake.pk)
    assert on_hand("X") == 2


@pytest.mark.django_db
def test_one_count_at_a_time_and_an_ended_one_stays_as_it_is() -> None:
    stocktake = begun(A=1)
    assert begun().pk == stocktake.pk
    counting.cancel(tenant(), stocktake.pk)
    for verb in (counting.apply, lambda owner, id: counting.count(owner, id, "A", 1)):
        with pytest.raises(InvalidState):
            verb(tenant(), stocktake.pk)
    assert begun().pk != stocktake.pk


def test_a_stocktake_goes_its_way_over_http(platform: None) -> None:
    product("A", 5)
    secret = tenants.create_key(tenant(), "tests", ["read", "submit", "manager"])[1]
    api = Client(headers={"authorization": f"Bearer {secret}", "prefer": "wait=10"})

    def post(url: str, **body: Any) -> Any:
        return api.post(f"/api/stock/stocktakes{url}", body, content_type="application/json")

    number = post("", location="North").json()["id"]
    assert post(f"/{number}/counts", sku="?", quantity=1).status_code == 404
    assert post(f"/{number}/counts", sku="A\0", quantity=1).status_code == 422
    assert post(f"/{number}/counts", sku="A", quantity=7).json()["difference"] == 2
    (line,) = api.get(f"/api/stock/stocktakes/{number}/counts?show=differences").json()["items"]
    assert (line["expected"], line["counted"]) == (5, 7)
    assert api.get(f"/api/stock/stocktakes/{number}/counts?show=lost").status_code == 422
    applied = post(f"/{number}/apply").json()["result"]
    assert (applied["counted"], applied["differences"], applied["more"], applied["code"]) == (1, 1, 2, "")
    assert post(f"/{number}/cancel").status_code == 409
    assert [event.data["more"] for event in subscribe("stock.counted", after="0-0", patience=0.1)] == [2]


def test_a_clerk_counts_on_a_page_and_a_manager_applies(platform: None) -> None:
    product("A", 5)
    ledger.post([Move(product("B").pk, Location.objects.get().pk, Movement.Kind.RECEIVED, 2)], "b")
    clerk, manager = client_of("clerk"), client_of("manager")
    url = clerk.post("/stock/stocktakes/", {"location": "North"})["Location"]
    for once in ("1", "2", "2"):
        scan = {"sku": "A", "quantity": 2, "add": "on", "once": f"8d1b2a5e-0000-4000-8000-00000000000{once}"}
        page = clerk.post(f"{url}count/", scan, follow=True).content.decode()
    assert "A: 4 counted, 5 expected." in page
    assert "There is no product" in clerk.post(f"{url}count/", {"sku": "?", "quantity": 1}, follow=True).content.decode()
    assert clerk.post(f"{url}count/", {"sku": "A", "quantity": -1}).status_code == 422
    assert "A manager applies it." in page
    assert "Thing A" not in clerk.get(f"{url}?show=uncounted").content.decode()
    assert "Applied." in manager.post(f"{url}apply/", follow=True).content.decode()
    assert "Applied." in manager.post(f"{url}apply/", follow=True).content.decode()
    assert (on_hand("A"), on_hand("B")) == (4, 2)
