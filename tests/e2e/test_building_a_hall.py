"""A hall drawn in the editor, put on sale and bought: from an empty sheet to a booking."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support import buyers
from tests.support.dev import Dev
from tests.support.signing_in import sign_in

SLOW = 30_000


def _serious(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]


def _press(page: Page, number: int) -> None:
    page.mouse.click(*_middle(page, number))


def test_a_hall_is_drawn_put_on_sale_and_bought(site: Dev, page: Page, browser: Browser) -> None:
    page.set_default_timeout(SLOW)
    sign_in(page, site, "/shows/bookings/")
    page.goto("/shows/staff/")
    assert _serious(page) == []
    page.get_by_role("link", name="Draw a hall").first.click()
    page.wait_for_selector(buyers.READY)
    _draw(page)
    assert _serious(page) == []
    page.get_by_label("Name of the hall").fill("Workshop")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as version 1.")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="Put on a show").click()
    expect(page.get_by_role("heading", name="The first price")).to_be_visible()
    assert _serious(page) == []
    _announce(page)
    page.wait_for_selector(buyers.READY)
    page.get_by_label("Rows", exact=True).and_(page.locator("select")).select_option(["0"])
    page.get_by_role("button", name=re.compile("^Front")).click()
    expect(page.get_by_text("8 seats cost €55.00 now.")).to_be_visible(timeout=SLOW)
    assert _serious(page) == []
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="As buyers see it").click()
    page.wait_for_selector(buyers.READY)
    address = page.url

    buyer = buyers.buyer(site, browser)
    buyer.set_default_timeout(SLOW)
    buyer.goto(address)
    buyer.wait_for_selector(buyers.READY)
    buyers.press_seat(buyer, 0)
    expect(buyer.locator("#s0")).to_have_class(re.compile("mine"), timeout=SLOW)
    buyers.press_seat(buyer, 1)
    expect(buyer.locator("[data-part=total]")).to_have_text("€110.00", timeout=SLOW)
    buyer.get_by_role("button", name="Continue").click()
    buyer.get_by_label("Name").fill("Eve")
    buyer.get_by_role("button", name=re.compile("^Book for")).click()
    expect(buyer.get_by_text("confirmed")).to_be_visible(timeout=SLOW)
    buyer.context.close()


def _draw(page: Page) -> None:
    """Four rows of eight, an aisle after the fourth seat, a restricted seat, a row more; one step too far is undone."""
    page.get_by_role("spinbutton", name="Rows").fill("4")
    page.get_by_label("Seats each").fill("8")
    page.get_by_role("button", name="Draw anew").click()
    tally = page.locator("#tally")
    expect(tally).to_have_text("32 seats in 4 rows", timeout=SLOW)
    _surround(page, 0, 1)
    expect(page.locator("#chosen")).to_have_text("2 seats of 1 row")
    _surround(page, 8, 9, shift=True)
    expect(page.locator("#chosen")).to_have_text("4 seats of 2 rows")
    page.get_by_role("radio", name="Rows").check()
    _drag(page, 25, 0, 40)
    page.get_by_role("button", name="Undo").click()
    _press(page, 25)
    expect(page.locator("#chosen")).to_have_text("8 seats of 1 row")
    page.get_by_role("button", name="Copy behind").click()
    expect(tally).to_have_text("40 seats in 5 rows")
    page.get_by_role("button", name="Take away").click()
    expect(tally).to_have_text("32 seats in 4 rows")
    page.get_by_role("button", name="Undo").click()
    expect(tally).to_have_text("40 seats in 5 rows")
    page.get_by_role("radio", name="Seats").check()
    _press(page, 11)
    page.get_by_role("button", name="Aisle after").click()
    page.locator("#kind").select_option("restricted")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".sheet-seats .restricted")).to_have_count(1)


def _middle(page: Page, number: int) -> tuple[float, float]:
    box = page.locator(".sheet-seats path").nth(number).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _surround(page: Page, first: int, last: int, *, shift: bool = False) -> None:
    """Draw a line around neighbours, in the gaps between the seats."""
    (left, y), (right, _) = _middle(page, first), _middle(page, last)
    around = (right - left) / 2
    corners = [(left - around, y - around), (right + around, y - around), (right + around, y + around), (left - around, y + around)]
    if shift:
        page.keyboard.down("Shift")
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=4)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


def _drag(page: Page, number: int, dx: float, dy: float) -> None:
    """Drag what is pressed; its seats follow, the others stay."""
    x, y = _middle(page, number)
    before, still = _drawn(page, number), _drawn(page, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert _drawn(page, number)[1] > before[1]
    assert _drawn(page, 0) == still


def _drawn(page: Page, number: int) -> tuple[float, float]:
    """Where the seat stands on the plan."""
    found = re.match(r"M(\S+) ([\d.]+)", page.locator(".sheet-seats path").nth(number).get_attribute("d") or "")
    assert found
    return float(found[1]), float(found[2])


def _announce(page: Page) -> None:
    fields = {"Name": "Opening night", "Starts at": "2031-05-01T20:00", "Ends at": "2031-05-01T22:00"}
    sale = {"On sale from": "2026-01-01T00:00", "On sale until": "2031-05-01T20:00"}
    page.locator("#id_name").fill(fields.pop("Name"))
    for label, value in (fields | sale).items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Make a draft").click()
    page.get_by_text("Another price").click()
    page.locator("#id_zone-name").fill("Front")
    page.locator("#id_zone-price").fill("55")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The price is there.")).to_be_visible(timeout=SLOW)
