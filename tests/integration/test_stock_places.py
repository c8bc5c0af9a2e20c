"""Suppliers, the tree of locations, and the start page that says what needs doing."""

import json
from typing import Any

import pytest
from django.db import connection

from stock.models import Location, PurchaseOrder, Stocktake, Supplier
from stock.queries import places, todo
from stock.services import audit, counting, partners, purchasing
from stock.services.reserving import apply
from tests.support.stock import client_of, product, request, tenant

pytestmark = pytest.mark.django_db


def api(role: str, method: str, url: str, **body: Any) -> Any:
    return client_of(role).generic(method.upper(), f"/api/stock/{url}", json.dumps(body), content_type="application/json")


def test_the_tree_adds_up_what_lies_in_the_parts() -> None:
    product("A", 3, "Shelf")
    product("B", 2, "Room")
    product("C", 1, "Yard")
    partners.put_location(tenant(), "House", "")
    of = {place.name: place.pk for place in Location.objects.all()}
    partners.put_location(tenant(), "Room", "House", of["Room"])
    partners.put_location(tenant(), "Shelf", "Room", of["Shelf"])
    assert [(node.location.name, node.depth, node.units, node.total) for node in places.tree(tenant())] == [
        ("House", 0, 0, 5),
        ("Room", 1, 2, 5),
        ("Shelf", 2, 3, 3),
        ("Yard", 0, 1, 1),
    ]
    answer = api("manager", "put", f"locations/{of['House']}", name="House", parent="Shelf")
    assert (answer.status_code, answer.json()["fields"]) == (422, {"parent": "would make a ring"})
    assert [row["total"] for row in api("clerk", "get", "locations").json()] == [5, 5, 3, 1]


@pytest.mark.parametrize(
    ("url", "body", "status"),
    [
        ("suppliers", {"name": "Acme"}, 409),
        ("suppliers", {"name": " "}, 422),
        ("suppliers", {"name": "New", "email": "nowhere"}, 422),
        ("locations", {"name": "Dock"}, 409),
        ("locations", {"name": "New", "parent": "Nowhere"}, 422),
        ("suppliers", {"name": "New", "email": "a@b.example"}, 201),
        ("locations", {"name": "New", "parent": "Dock"}, 201),
    ],
)
def test_names_are_taken_once_and_wrong_ones_named(url: str, body: dict[str, str], status: int) -> None:
    partners.put_supplier(tenant(), "Acme", "")
    partners.put_location(tenant(), "Dock", "")
    assert api("manager", "post", url, **body).status_code == status


def test_suppliers_and_locations_on_their_pages() -> None:
    tenant()
    manager, clerk = client_of("manager"), client_of("clerk")
    assert "Acme: saved." in manager.post("/stock/suppliers/", {"name": "Acme", "email": ""}, follow=True).content.decode()
    assert "another one" in manager.post("/stock/suppliers/", {"name": "Acme"}).content.decode()
    assert clerk.post("/stock/suppliers/", {"name": "Other"}).status_code == 403
    url = f"/stock/suppliers/{Supplier.objects.get().pk}/"
    assert manager.post(url, {"name": "Acme", "email": "no address"}).status_code == 422
    manager.post(url, {"name": "Acme & Co", "email": "a@b.example"})
    assert "a@b.example" in clerk.get(url).content.decode()
    manager.post("/stock/locations/", {"name": "House", "parent": "", "pickup": "on"})
    manager.post("/stock/locations/", {"name": "Room", "parent": "House"})
    house = Location.objects.get(name="House")
    assert "would lie in itself" in manager.post(f"/stock/locations/{house.pk}/", {"name": "House", "parent": "Room"}).content.decode()
    assert "customers collect here" in clerk.get("/stock/locations/").content.decode()


def test_the_start_page_says_what_needs_doing_and_nothing_else() -> None:
    tenant()
    clerk = client_of("clerk")
    assert "Nothing presses." in clerk.get("/stock/").content.decode()
    product("A", 2, low_at=5, backorder=True)
    apply([request("1", ("A", 6))])
    place = Location.objects.get()
    purchasing.draft(tenant(), place, "1", {"A": 1})
    purchasing.send(tenant(), purchasing.draft(tenant(), place, "2", {"A": 1}).pk)
    late = purchasing.send(tenant(), purchasing.draft(tenant(), place, "3", {"A": 1}).pk)
    PurchaseOrder.objects.filter(pk=late.pk).update(expected_on="2020-01-01")
    counting.start(tenant(), place)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_level SET on_hand = 9")
    audit.audit(tenant())
    assert [(found.count, found.text.split()[-1]) for found in todo.of(tenant())] == [
        (1, "ledger"),
        (4, "customers"),
        (1, "late"),
        (1, "way"),
        (1, "sent"),
        (1, "way"),
    ]
    page = clerk.get("/stock/").content.decode()
    assert ("units are owed" in page, "Bulk change" in page, Stocktake.objects.count()) == (True, False, 1)


def test_a_customer_sees_no_link_of_the_staff() -> None:
    tenant()
    assert {who: "Warehouse" in client_of(who).get("/").content.decode() for who in ("customer", "clerk", "manager")} == {
        "customer": False,
        "clerk": True,
        "manager": True,
    }
