"""Shopping in a browser: buying, being refused and taking something else, losing it to the clock, two people after the last one."""

import re
import uuid
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.dev import Dev
from tests.support.signing_in import sign_in

# A page that waits for the queue on a slow machine.
PATIENCE = 30_000


@pytest.fixture
def goods(site: Dev) -> str:
    """Two products alike, of a kind of their own: one unit of the first, ten of the second. Answers their common word."""
    kind = f"Kite{uuid.uuid4().hex[:6]}"
    headers = {"authorization": f"Bearer {site.api_key}", "prefer": "wait=30"}
    with httpx.Client(base_url=f"{site.url}/api/stock", headers=headers, timeout=60) as api:
        for colour, units in (("red", 1), ("blue", 10)):
            sku = f"{kind}-{colour}"
            made = api.post("/products", json={"sku": sku, "name": f"{kind}, {colour}", "price": "19.00", "tags": [kind.lower()]})
            assert made.is_success, made.text
            came = api.post("/receipts", json={"sku": sku, "location": "Shop", "quantity": units})
            assert came.status_code == 200, came.text
    return kind


@pytest.fixture
def shopper(page: Page, site: Dev) -> Page:
    return _signed_in(page, site)


@pytest.fixture
def rival(browser: Browser, site: Dev) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url)
    yield _signed_in(context.new_page(), site)
    context.close()


def _signed_in(page: Page, site: Dev) -> Page:
    page.set_default_timeout(PATIENCE)
    sign_in(page, site, "/stock/shop/")
    expect(page.get_by_role("heading", name="Shop", exact=True)).to_be_visible()
    return page


def _fill_cart(page: Page, sku: str, quantity: int) -> None:
    page.goto(f"/stock/shop/product/{sku}/")
    page.get_by_label("Quantity").fill(str(quantity))
    page.get_by_role("button", name="Put into the cart").click()
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()


def _reserve(page: Page) -> None:
    page.get_by_role("button", name="Reserve for ten minutes").click()


def _is_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == [], page.url


def test_a_shopper_finds_reserves_and_buys(shopper: Page, goods: str) -> None:
    shopper.get_by_label("Find").fill(goods)
    shopper.get_by_label("Order by").select_option("-price")
    shopper.get_by_role("button", name="Show").click()
    _is_accessible(shopper)
    shopper.get_by_role("link", name=f"{goods}, blue").click()
    expect(shopper.get_by_text("10 available")).to_be_visible()
    _is_accessible(shopper)
    _fill_cart(shopper, f"{goods}-blue", 3)
    expect(shopper.locator(".together")).to_contain_text("57.00")
    _is_accessible(shopper)
    shopper.get_by_label("Collected at Shop").check()
    _reserve(shopper)
    expect(shopper.get_by_role("timer")).to_have_text(re.compile(r"^(10:00|9:\d\d)$"), timeout=PATIENCE)
    expect(shopper.get_by_text("3 to collect at Shop")).to_be_visible()
    _is_accessible(shopper)
    shopper.get_by_role("button", name="Confirm").click()
    expect(shopper.get_by_text("The items are yours.", exact=True)).to_be_visible(timeout=PATIENCE)
    shopper.goto("/stock/shop/reservations/")
    expect(shopper.get_by_role("link", name=f"3 × {goods}, blue")).to_be_visible()
    _is_accessible(shopper)


def test_a_refused_shopper_takes_another_with_one_click(shopper: Page, goods: str) -> None:
    _fill_cart(shopper, f"{goods}-red", 2)
    expect(shopper.get_by_text("You want more than there is.")).to_be_visible()
    _reserve(shopper)
    expect(shopper.get_by_role("heading", name="Not reserved")).to_be_visible(timeout=PATIENCE)
    expect(shopper.get_by_role("button", name="Take 1", exact=True)).to_be_visible()
    _is_accessible(shopper)
    shopper.get_by_role("button", name=f"Take 2 of {goods}, blue instead").click()
    expect(shopper.get_by_role("timer")).to_be_visible(timeout=PATIENCE)
    expect(shopper.get_by_text(f"2 × {goods}, blue")).to_be_visible()


def test_a_reservation_that_runs_out_while_one_looks_says_so(shopper: Page, goods: str, site: Dev) -> None:
    token = next(cookie["value"] for cookie in shopper.context.cookies() if cookie["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": site.url, "Prefer": "wait=30"}
    body = {"lines": [{"sku": f"{goods}-red", "quantity": 1}], "ttl": 8}
    made = shopper.request.post("/api/stock/reservations", data=body, headers=headers)
    assert made.status == 201, made.text()
    shopper.goto(f"/stock/shop/reservations/{made.json()['id']}/")
    expect(shopper.get_by_text("Its time is over, and the items are free again.")).to_be_visible(timeout=PATIENCE)
    shopper.get_by_role("button", name="Put it into the cart again").click()
    expect(shopper.get_by_label(f"Quantity of {goods}, red")).to_have_value("1")


def test_of_two_after_the_last_one_gets_it_and_the_other_sees_it_go_and_come_back(shopper: Page, rival: Page, goods: str) -> None:
    offer = shopper.get_by_role("button", name="Put into the cart")
    _fill_cart(rival, f"{goods}-red", 1)
    _fill_cart(shopper, f"{goods}-red", 1)
    shopper.goto(f"/stock/shop/product/{goods}-red/")
    expect(shopper.get_by_text("1 available")).to_be_visible()
    expect(offer).to_be_visible()
    _reserve(rival)
    expect(rival.get_by_role("timer")).to_be_visible(timeout=PATIENCE)
    expect(shopper.locator(f'#available [data-free="{goods}-red"]')).to_have_text("Sold out", timeout=PATIENCE)
    expect(offer).to_be_hidden()
    expect(shopper.get_by_text("It cannot be had now")).to_be_visible()
    _is_accessible(shopper)
    shopper.goto("/stock/shop/cart/")
    expect(shopper.get_by_text("It cannot be had now")).to_be_visible()
    _reserve(shopper)
    expect(shopper.get_by_role("heading", name="Not reserved")).to_be_visible(timeout=PATIENCE)
    shopper.goto(f"/stock/shop/product/{goods}-red/")
    expect(offer).to_be_hidden()
    rival.get_by_role("button", name="Give it back").click()
    expect(rival.get_by_text("The items were given back.")).to_be_visible(timeout=PATIENCE)
    expect(offer).to_be_visible(timeout=PATIENCE)
    _fill_cart(shopper, f"{goods}-red", 1)
    _reserve(shopper)
    expect(shopper.get_by_role("timer")).to_be_visible(timeout=PATIENCE)
