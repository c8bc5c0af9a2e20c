"""The operators' pages in a browser: by keyboard, clean for axe in light and dark, on a desk and on a phone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from jobs.web.ops.shell import PLACES
from tests.support.dev import Dev
from tests.support.signing_in import sign_in


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]


def test_an_operator_pauses_a_queue_and_opens_it_again(site: Dev, page: Page) -> None:
    sign_in(page, site, "/ops/queues/")
    expect(page.get_by_role("heading", name="Queues", level=1)).to_be_visible()
    page.get_by_label("Why is bulk paused?").focus()
    page.keyboard.type("night")
    page.keyboard.press("Enter")
    expect(page.get_by_text("paused by admin: night")).to_be_visible()
    page.get_by_role("button", name="Resume bulk").press("Enter")
    expect(page.get_by_text("The queue bulk is open again.")).to_be_visible()


def test_keys_lead_from_page_to_page(site: Dev, page: Page) -> None:
    sign_in(page, site, "/ops/")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page.get_by_role("heading", name="Workers", level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    assert faults(page) == []
    page.locator("#palette-find").fill("dead")
    page.locator("#palette-find").press("Enter")
    expect(page.get_by_role("heading", name="Dead letters", level=1)).to_be_visible()
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/ops/jobs/$"))


def test_a_search_is_completed_by_keyboard_and_kept_as_a_view(site: Dev, page: Page) -> None:
    sign_in(page, site, "/ops/jobs/")
    box = page.get_by_role("combobox", name="Search jobs")
    box.focus()
    page.keyboard.type("sta")
    expect(page.locator("#q-offers:not([hidden]) [role=option]")).to_contain_text(["status:"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("status:")
    page.keyboard.type("succ")
    expect(page.locator("#q-offers:not([hidden]) [role=option]")).to_contain_text(["succeeded"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("status:succeeded ")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("status%3Asucceeded"))
    page.get_by_text("Keep this view").click()
    page.get_by_label("Name of the view").fill("Done")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="Done", exact=True)).to_be_visible()
    assert faults(page) == []


def test_a_retry_of_all_that_match_is_previewed_and_undone(site: Dev, page: Page) -> None:
    sign_in(page, site, "/ops/bulk/new?act=requeue&q=status%3Aopen")
    expect(page.get_by_text("There is nothing to requeue.").or_(page.get_by_role("button", name="Requeue"))).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible_and_fits_its_screen(site: Dev, page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, site, "/ops/")
    addresses = page.locator("nav.side a").evaluate_all("links => links.map(link => link.href)")
    assert len(addresses) == len(PLACES)
    for address in [*addresses, f"{site.url}/ops/alerts/new", f"{site.url}/ops/jobs/?q=stats:1"]:
        page.goto(address)
        assert faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
