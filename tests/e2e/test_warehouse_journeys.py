"""The staff's days in a browser: order and receive, count, replenish, change in bulk, report, export."""

import re
import uuid
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.dev import Dev
from tests.support.signing_in import sign_in
from tests.support.waiting import until

# A page that waits for the queue on a slow machine.
PATIENCE = 30_000
ROOMS = (
    "",
    "receive/",
    "transfer/",
    "orders/",
    "orders/new/",
    "stocktakes/",
    "ledger/",
    "audit/",
    "report/",
    "products/low/",
    "replenish/",
)
ROOMS += ("suppliers/", "locations/", "products/", "products/new/", "import/", "documents/", "bulk/")


@pytest.fixture
def staff(page: Page, site: Dev) -> Page:
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    sign_in(page, site, "/stock/")
    expect(page.get_by_role("heading", name="What needs doing")).to_be_visible()
    return page


@pytest.fixture
def sku(staff: Page) -> str:
    """A product of its own for each journey, made as a manager makes one, with an alert line."""
    sku = f"W-{uuid.uuid4().hex[:8]}"
    staff.goto("/stock/products/new/")
    staff.get_by_label("SKU").fill(sku)
    staff.get_by_label("Name", exact=True).fill(f"Lamp {sku}")
    staff.get_by_label("Price").fill("12.50")
    staff.get_by_label("Tags").fill(sku)
    staff.get_by_label("Alert at").fill("4")
    staff.get_by_role("button", name="Save").click()
    expect(staff.get_by_role("alert")).to_contain_text("is there")
    return sku


def scan(page: Page, sku: str, quantity: int) -> None:
    """Type as a scanner does: the focus is on the SKU, and Enter sends."""
    page.get_by_label("Quantity").fill(str(quantity))
    page.get_by_label("SKU").fill(sku)
    page.get_by_label("SKU").press("Enter")


def test_goods_are_ordered_and_received_in_parts(staff: Page, sku: str) -> None:
    staff.goto("/stock/orders/new/")
    staff.get_by_label("Deliver to").fill("Dock")
    staff.get_by_role("button", name="Draft it").click()
    scan(staff, sku, 10)
    expect(staff.get_by_role("cell", name=sku, exact=True)).to_be_visible()
    staff.get_by_role("button", name="Send the order").click()
    expect(staff.get_by_role("alert")).to_contain_text("on order now")
    scan(staff, sku, 4)
    expect(staff.get_by_role("alert")).to_contain_text("4 booked.")
    expect(staff.get_by_label("SKU")).to_be_focused()
    scan(staff, sku, 7)
    expect(staff.get_by_role("alert")).to_contain_text("Only 6")
    staff.get_by_role("button", name="All that is due").click()
    expect(staff.locator(".state")).to_have_text("received")
    staff.goto(f"/stock/ledger/?sku={sku}")
    expect(staff.get_by_role("region", name="Movements").get_by_role("row")).to_have_count(3)


def test_a_shelf_is_counted_and_the_books_follow(staff: Page, sku: str) -> None:
    place = f"Bay {sku}"
    staff.goto("/stock/receive/")
    staff.get_by_label("Location").fill(place)
    scan(staff, sku, 5)
    expect(staff.get_by_role("alert")).to_contain_text("5 booked.")
    staff.goto("/stock/stocktakes/")
    staff.get_by_label("Location").fill(place)
    staff.get_by_role("button", name="Begin to count").click()
    for _ in range(2):
        scan(staff, sku, 3)
        expect(staff.get_by_role("alert")).to_contain_text("counted, 5 expected")
    staff.get_by_role("link", name="Differences").click()
    expect(staff.get_by_role("row", name=re.compile(sku))).to_contain_text("+1")
    staff.get_by_role("button", name=re.compile("Apply 1 count")).click()
    expect(staff.get_by_role("alert")).to_contain_text("Applied.")
    staff.goto(f"/stock/products/?q={sku}")
    expect(staff.get_by_role("row", name=re.compile(sku))).to_contain_text("6")


def test_what_runs_low_is_ordered_in_one_click_however_often_it_is_pressed(staff: Page, sku: str) -> None:
    staff.goto("/stock/products/low/")
    expect(staff.get_by_role("row", name=re.compile(sku))).to_be_visible()
    staff.goto("/stock/replenish/")
    staff.get_by_role("button", name="Look at demand now").click()
    # The answer waits a little for the job; where the machine has much else to do it says that it is on its way.
    expect(staff.get_by_role("alert")).to_be_visible()
    until(lambda: staff.reload() and staff.get_by_role("row", name=re.compile(sku)).count(), 60)
    for box in staff.get_by_role("checkbox").all():
        box.set_checked(box.get_attribute("value") == sku)
    staff.get_by_label("Deliver to").fill("Dock")
    staff.get_by_role("button", name="Draft the orders").dblclick()
    expect(staff.get_by_role("heading", name="Purchase order")).to_be_visible()
    staff.goto("/stock/replenish/")
    expect(staff.get_by_role("row", name=re.compile(sku)).get_by_role("link")).to_have_count(1)


def test_prices_change_in_bulk_after_a_look(staff: Page, sku: str) -> None:
    staff.goto("/stock/bulk/")
    staff.get_by_label("Amount").fill("-10")
    staff.get_by_label("Only with this tag").fill(sku)
    staff.get_by_role("button", name="Look at it first").click()
    expect(staff.get_by_role("row", name=re.compile(sku))).to_contain_text("11.25")
    staff.get_by_role("button", name="Change 1 product").click()
    with staff.expect_download() as download:
        staff.get_by_role("link", name="Download 1 row").click()
    assert f"{sku},Lamp {sku},12.50,11.25" in Path(download.value.path()).read_text("utf-8-sig")


def test_the_report_has_charts_and_a_workbook(staff: Page, sku: str) -> None:
    staff.goto("/stock/receive/")
    staff.get_by_label("Location").fill("Dock")
    scan(staff, sku, 9)
    expect(staff.get_by_role("alert")).to_contain_text("9 booked.")
    staff.goto("/stock/report/")
    staff.get_by_role("button", name="Make it anew").click()
    staff.get_by_role("link", name="Look at the report").click()
    expect(staff.get_by_role("img", name=re.compile("^Value by location: "))).to_be_visible()
    staff.get_by_text("As a table").first.click()
    expect(staff.get_by_role("region", name="Value by location").get_by_role("row", name=re.compile("^Dock"))).to_be_visible()
    with staff.expect_download() as download:
        staff.get_by_role("link", name="Download the workbook").click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")


def test_every_room_is_accessible_and_fits_a_phone(staff: Page, sku: str) -> None:
    axe = Axe()
    for room in ROOMS:
        staff.set_viewport_size({"width": 1200, "height": 800})
        assert staff.goto(f"/stock/{room}").ok, room  # type: ignore[union-attr]
        found = [v["id"] for v in axe.run(staff).response["violations"] if v["impact"] in ("serious", "critical")]
        assert found == [], (room, found)
        staff.set_viewport_size({"width": 360, "height": 740})
        assert staff.evaluate("document.documentElement.scrollWidth") <= 360, room
