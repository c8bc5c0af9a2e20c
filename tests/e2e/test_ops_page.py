"""The operators' page in a browser: pausing a queue and opening it again, by keyboard; nothing serious for axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.dev import Dev


def _sign_in(page: Page, site: Dev) -> None:
    page.goto("/login/?next=/ops/queues/")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in").click()


def test_an_operator_pauses_a_queue_and_opens_it_again(site: Dev, page: Page) -> None:
    _sign_in(page, site)
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    page.get_by_label("Why is bulk paused?").focus()
    page.keyboard.type("night")
    page.keyboard.press("Enter")
    expect(page.get_by_text("paused by admin: night")).to_be_visible()
    page.get_by_role("button", name="Resume bulk").press("Enter")
    expect(page.get_by_text("The queue bulk is open again.")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
