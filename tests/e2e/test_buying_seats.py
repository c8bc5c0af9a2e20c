"""Two people at one show: each sees at once what the other holds; the keyboard is enough to buy."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.dev import Dev


@pytest.fixture
def other(browser: Browser, site: Dev) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url)
    yield context.new_page()
    context.close()


def _sign_in(page: Page, site: Dev) -> None:
    page.goto("/login/?next=/shows/")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="The Tempest").click()


def test_a_seat_that_one_holds_is_taken_on_the_others_map(page: Page, other: Page, site: Dev) -> None:
    other.goto("/shows/")
    other.get_by_role("link", name="The Tempest").click()
    _sign_in(page, site)
    free = page.locator(".spot:not(.gone)").first
    label = free.get_attribute("aria-label")
    assert label
    seat = free.get_attribute("data-id")
    free.focus()
    page.keyboard.press("Space")
    expect(page.locator(f'.spot[data-id="{seat}"]')).to_have_attribute("aria-checked", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []
    page.get_by_role("button", name="Hold these seats").press("Enter")
    expect(page.get_by_text("Held for you")).to_be_visible()
    expect(other.locator(f'.spot[data-id="{seat}"]')).to_have_class(re.compile("gone"))
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_text("confirmed")).to_be_visible()
