"""An operator sets a limit, pauses a type and resumes it, opens a breaker and closes it, in a browser; nothing serious for axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.dev import Dev
from tests.support.signing_in import sign_in


def _serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [v["id"] for v in found if v["impact"] in ("serious", "critical")]


def test_an_operator_limits_and_pauses(site: Dev, page: Page) -> None:
    sign_in(page, site, "/ops/limits/")
    page.get_by_label("Name", exact=True).nth(1).fill("nothing-much")
    page.get_by_label("At once").fill("two")
    page.get_by_label("Types").fill("platform.nothing")
    page.get_by_role("button", name="Set it").press("Enter")
    expect(page.get_by_label("At once")).to_be_focused()
    expect(page.get_by_label("At once")).to_have_accessible_description("is a whole number")
    expect(page.get_by_label("Types")).to_have_value("platform.nothing")
    page.get_by_label("At once").fill("2")
    page.get_by_role("button", name="Set it").press("Enter")
    expect(page.get_by_text("2 at once")).to_be_visible()
    page.get_by_label("What").select_option("type")
    page.get_by_label("Name", exact=True).first.fill("platform.nothing")
    page.get_by_label("Why").fill("night")
    page.get_by_role("button", name="Pause", exact=True).press("Enter")
    expect(page.get_by_text("The type platform.nothing is paused.")).to_be_visible()
    assert _serious(page) == []
    page.get_by_role("button", name="Resume the type platform.nothing").press("Enter")
    expect(page.get_by_text("Nothing is paused.")).to_be_visible()
    page.get_by_role("button", name="Remove nothing-much").press("Enter")
    expect(page.get_by_text("The limit nothing-much is removed.")).to_be_visible()
    page.goto("/ops/breakers/")
    expect(page.get_by_role("heading", name="Breakers")).to_be_visible()
    assert _serious(page) == []
