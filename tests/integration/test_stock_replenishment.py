"""Replenishment: proposals from demand, turned into orders once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.services import tenants
from jobs.testing import perform
from stock import replenishing
from stock.models import Location, Movement, Product, Proposal, PurchaseOrder, Refusal, Reservation, Supplier
from stock.queries import demand
from stock.services import purchasing, replenishment, settling
from stock.services.replenishment import StaleProposals
from stock.services.reserving import apply
from tests.support.stock import client_of, product, request, tenant


def sold(sku: str, units: int) -> None:
    apply([request(f"{sku} {units}", (sku, units))])
    settling.confirm(tenant(), Reservation.objects.get(reference=f"{sku} {units}").pk)


def propose(id: str = "1") -> Any:
    return perform(replenishing.propose, {}, id=id).result


def proposed() -> dict[str, int]:
    return dict(Proposal.objects.values_list("product__sku", "quantity"))


def dock() -> Location:
    return Location.objects.get_or_create(tenant=tenant(), name="Dock")[0]


@pytest.mark.django_db
def test_what_was_sold_and_refused_is_demand_and_what_came_back_is_not() -> None:
    made = product("A", 20)
    sold("A", 12)
    Movement.objects.create(product=made, location=Location.objects.get(), kind="returned", quantity=2, reference="back")
    apply([request("too many", ("A", 50))])
    Refusal.objects.create(tenant=tenant(), reference="old", product=made, wanted=9, left=0, at=timezone.now() - timedelta(days=60))
    (wanted,) = demand.by_product(tenant()).values()
    assert (wanted.sold, wanted.refused, wanted.demand.units, wanted.demand.squares) == (10, 50, 60, 3600)
    assert wanted.demand.days == demand.FEWEST


@pytest.mark.django_db
def test_a_proposal_knows_what_is_coming_and_what_is_owed() -> None:
    product("A", 0, low_at=9)
    product("B", 0, low_at=9, backorder=True)
    product("C", 100, low_at=9)
    apply([request("owed", ("B", 4))])
    order = purchasing.draft(tenant(), dock(), "test", {"A": 3})
    assert propose()["proposals"] == 2
    assert proposed() == {"A": 7, "B": 14}
    purchasing.cancel(tenant(), order.pk)
    propose("2")
    assert proposed() == {"A": 10, "B": 14}


@pytest.mark.django_db
def test_one_click_makes_one_order_for_each_supplier_and_two_clicks_no_more() -> None:
    acme = Supplier.objects.create(tenant=tenant(), name="Acme")
    for sku, supplier in (("A", acme), ("B", acme), ("C", None)):
        product(sku, 0, low_at=4, supplier=supplier)
    propose()
    run = Proposal.objects.first().run  # type: ignore[union-attr]
    first, second = (replenishment.order(tenant(), run, dock()) for _ in range(2))
    assert [(order.supplier, order.lines.count()) for order in first] == [(acme, 2), (None, 1)]
    assert first == second
    assert PurchaseOrder.objects.count() == 2
    assert propose("2")["proposals"] == 0
    with pytest.raises(StaleProposals):
        replenishment.order(tenant(), run, dock())


@pytest.mark.django_db
def test_a_chosen_part_is_ordered_and_the_rest_later() -> None:
    for sku in ("A", "B"):
        product(sku, 0, low_at=4)
    propose()
    run = Proposal.objects.first().run  # type: ignore[union-attr]
    (part,) = replenishment.order(tenant(), run, dock(), {"A": 50})
    (rest,) = replenishment.order(tenant(), run, dock(), {"B": 5})
    assert [line.quantity for order in (part, rest) for line in order.lines.all()] == [50, 5]
    assert replenishment.open_count(tenant()) == 0


@pytest.mark.django_db
def test_demand_of_many_products_is_read_in_a_few_statements(django_assert_num_queries: Any) -> None:
    for n in range(30):
        product(f"P{n}", 3, low_at=5)
    owner = tenant()
    rows = list(replenishment.products(owner))
    with django_assert_num_queries(2):
        assert len(list(replenishment.proposals(owner, "run", rows))) == 30


def test_the_board_over_http_and_on_its_page(platform: None) -> None:
    product("A", 0, low_at=4)
    secret = tenants.create_key(tenant(), "tests", ["read", "submit", "manager"])[1]
    api = Client(headers={"authorization": f"Bearer {secret}", "prefer": "wait=10"})
    assert api.post("/api/stock/proposals").json()["result"]["proposals"] == 1
    (shown,) = api.get("/api/stock/proposals").json()
    assert (shown["sku"], shown["quantity"], shown["order"]) == ("A", 5, None)
    manager = client_of("manager")
    form = {"run": shown["run"], "sku": "A", "quantity A": "6", "location": "Dock"}
    for wrong in ({"quantity A": "0"}, {"sku": []}, {"location": ""}, {"run": "other"}):
        assert manager.post("/stock/replenish/order/", form | wrong)["Location"] == "/stock/replenish/"
    page = manager.get("/stock/replenish/").content.decode()
    assert all(said in page for said in ("is no quantity", "Tick what", "Say where", "made anew"))
    where = {manager.post("/stock/replenish/order/", form)["Location"] for _ in range(2)}
    assert len(where) == 1
    body = {"run": shown["run"], "location": "Dock"}
    (again,) = api.post("/api/stock/proposals/orders", body, content_type="application/json").json()
    assert (f"/stock/orders/{again['id']}/" in where, again["lines"][0]["quantity"]) == (True, 6)
    assert "Purchase order" in client_of("clerk").get("/stock/replenish/").content.decode()
    assert Product.objects.count() == 1
