"""The operators' pages in a browser: by keyboard, clean for axe in light and dark, on a desk and on a phone."""

import re
from contextlib import suppress

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Dialog, Page, TimeoutError, expect

from jobs.web.ops.shell import PLACES
from tests.support.dev import Dev
from tests.support.signing_in import sign_in


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]


def lead(page: Page, *keys: str, to: str) -> None:
    """Press the keys until they lead there: what is pressed while a busy browser still puts up the page may be lost."""
    for _ in range(10):
        for key in keys:
            page.keyboard.press(key)
        with suppress(TimeoutError):
            return page.wait_for_url(f"**{to}", timeout=3_000)
    raise AssertionError(f"{keys} lead to {page.url}, not to {to}")


def keys_work(page: Page) -> None:
    """The script is there: it shows the button that leads to the keys."""
    expect(page.locator("[data-palette]").first).to_be_visible()


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
    keys_work(page)
    lead(page, "g", "w", to="/ops/workers/")
    expect(page.get_by_role("heading", name="Workers", level=1)).to_be_visible()
    keys_work(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    expect(page.get_by_role("option", name="Queues")).to_be_visible()
    assert faults(page) == []
    page.locator("#palette-find").fill("dead")
    page.locator("#palette-find").press("Enter")
    expect(page.get_by_role("heading", name="Dead letters", level=1)).to_be_visible()
    keys_work(page)
    lead(page, "/", to="/ops/jobs/")


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


def test_a_worker_is_looked_at_and_not_stopped_by_a_slip(site: Dev, page: Page) -> None:
    sign_in(page, site, "/ops/workers/")
    keys_work(page)
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.get_by_role("button", name=re.compile("^Stop celery@")).click()
    page.get_by_role("button", name=re.compile("^Drain celery@")).click()
    assert [words.partition(" ")[0] for words in asked] == ["Stop", "Drain"]
    page.get_by_role("link", name=re.compile("^Stacks of celery@")).click()
    expect(page.get_by_role("heading", name="Main process")).to_be_visible()
    expect(page.get_by_role("heading", name="Child process")).to_have_count(2)
    page.get_by_role("button", name="Copy the stacks of process").first.click()
    expect(page.get_by_role("button", name=re.compile("^(Copied|Selected)")).first).to_be_visible()
    page.get_by_role("link", name="Workers").last.click()
    expect(page.get_by_role("button", name=re.compile("^Stop celery@"))).to_be_visible()


def test_every_page_is_accessible_and_fits_its_screen(site: Dev, page: Page) -> None:
    """With something in every list; light and dark, on a desk and on a phone."""
    sign_in(page, site, "/ops/")
    fill(site, page)
    for address in [*addresses(page), "/ops/alerts/new", "/ops/webhooks/new", "/ops/bulk/new?act=retry&q=", "/ops/jobs/?q=stats:1"]:
        page.goto(address)
        for scheme, width in (("light", 1280), ("dark", 1280), ("dark", 390), ("light", 390)):
            page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            page.set_viewport_size({"width": width, "height": 800})
            assert faults(page) == [], (address, scheme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)


def fill(site: Dev, page: Page) -> None:
    """A dead job with its letter and failure, an endpoint with a delivery, and an operation on many jobs."""
    dead = site.imports_nothing()
    page.goto("/ops/webhooks/new")
    page.get_by_label("URL").fill("https://hooks.example/a/path/that/nobody/shortens/for/a/phone/because/it/is/an/address")
    page.get_by_label("Events").fill("orders.**")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("row", name="webhook.test")).to_be_visible()
    page.goto(f"/ops/jobs/?q=id%3A{dead}")
    expect(page.get_by_role("row", name="stock.import")).to_contain_text("dead")
    page.goto(f"/ops/bulk/new?act=retry&q=id%3A{dead}")
    page.get_by_role("button", name="Retry 1 job").click()
    expect(page.get_by_role("heading", name="Retry")).to_be_visible()


def addresses(page: Page) -> list[str]:
    """Every page of the navigation, and the first thing that each lists."""
    places = page.locator("nav.side a").evaluate_all("links => links.map(link => link.href)")
    assert len(places) == len(PLACES)
    found: list[str] = []
    for place in places:
        page.goto(place)
        first = "links => links.slice(0, 1).map(link => link.href)"
        found += [place, *page.locator(".work tbody th a, .work .tiles form a").evaluate_all(first)]
    assert len(set(found)) >= len(PLACES) + 7
    return sorted(set(found))
