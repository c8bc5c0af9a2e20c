"""Who may enter which page of stock, every page listed once."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from tests.support.stock import client_of, tenant

ABSENT = "8d1b2a5e-0000-4000-8000-000000000001"
WORDS: dict[str, Any] = {"sku": "A", "job_id": ABSENT}
# What each page needs: `customer` is anybody who has signed in.
NEEDS = {
    "shop": "customer",
    "product": "customer",
    "product-wait": "customer",
    "cart": "customer",
    "cart-put": "customer",
    "reserve": "customer",
    "reserving": "customer",
    "instead": "customer",
    "reservation-again": "customer",
    "reservations": "customer",
    "reservation": "customer",
    "reservation-confirm": "customer",
    "reservation-extend": "customer",
    "reservation-release": "customer",
    "products": "clerk",
    "product-new": "manager",
    "product-edit": "manager",
    "product-image": "customer",
    "low": "clerk",
    "replenish": "clerk",
    "replenish-propose": "manager",
    "replenish-order": "manager",
    "documents": "clerk",
    "document": "clerk",
    "bulk": "manager",
    "audit": "clerk",
    "audit-now": "manager",
    "audit-repair": "manager",
    "report": "clerk",
    "report-make": "clerk",
    "desk": "clerk",
    "suppliers": "clerk",
    "supplier": "clerk",
    "locations": "clerk",
    "location": "manager",
    "import": "clerk",
    "receive": "clerk",
    "take-back": "clerk",
    "transfer": "clerk",
    "ledger": "clerk",
    "orders": "clerk",
    "order": "clerk",
    "order-new": "manager",
    "order-line": "manager",
    "order-send": "manager",
    "order-cancel": "manager",
    "order-receive": "clerk",
    "adjust": "manager",
    "product-cost": "manager",
    "stocktakes": "clerk",
    "stocktake": "clerk",
    "stocktake-count": "clerk",
    "stocktake-apply": "manager",
    "stocktake-cancel": "manager",
}
MAY = {"customer": {"customer"}, "clerk": {"customer", "clerk"}, "manager": {"customer", "clerk", "manager"}}


def pages() -> dict[str, Any]:
    """The URL patterns of stock, by name."""
    stock = next(found for found in get_resolver().url_patterns if str(getattr(found, "urlconf_name", "")).find("stock.urls") >= 0)
    return {pattern.name: pattern for pattern in stock.url_patterns}


def status(client: Client, name: str) -> int:
    """Of looking, or of pressing, where there is nothing to look at."""
    converters = pages()[name].pattern.converters
    words = {word: WORDS.get(word, 999999 if type(kind).__name__ == "IntConverter" else ABSENT) for word, kind in converters.items()}
    url = reverse(name, kwargs=words)
    answer = client.get(url)
    return (client.post(url) if answer.status_code == 405 else answer).status_code


def test_the_matrix_names_every_page() -> None:
    assert set(pages()) == set(NEEDS)


@pytest.mark.django_db
def test_a_stranger_is_asked_to_sign_in_everywhere() -> None:
    tenant()
    assert {name for name in NEEDS if status(Client(), name) != 302} == set()


@pytest.mark.django_db
@pytest.mark.parametrize("who", MAY)
def test_a_person_may_enter_what_their_role_says(who: str) -> None:
    tenant()
    client = client_of(who)
    assert {name for name in NEEDS if status(client, name) != 403} == {name for name, needs in NEEDS.items() if needs in MAY[who]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "open_room"),
    [
        ("", ("", "page")),
        ("products/", ("products/", "page")),
        ("products/low/", ("products/low/", "page")),
        ("products/new/", ("products/", "true")),
    ],
)
def test_the_menu_tells_the_room_also_of_a_page_inside_it(path: str, open_room: tuple[str, str]) -> None:
    tenant()
    page = client_of("manager").get(f"/stock/{path}").content.decode()
    menu = page.split('aria-label="Warehouse"')[1].split("</nav>")[0]
    assert re.findall(r'href="/stock/([^"]*)" aria-current="(\w+)"', menu) == [open_room]


@pytest.mark.django_db
def test_a_text_with_a_nul_is_a_bad_request_not_a_fault() -> None:
    tenant()
    manager = client_of("manager")
    asked = ["products/?q=%00", "ledger/?sku=%00", "products/edit/%00/"]
    assert {manager.get(f"/stock/{url}").status_code for url in asked} == {400}
    assert manager.post("/stock/replenish/order/", {"run": "\0", "sku": "\0", "quantity \0": "1", "location": "x"}).status_code == 400
