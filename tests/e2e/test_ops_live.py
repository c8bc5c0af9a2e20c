"""The operators' pages move by themselves: within moments of what happens, without a reload, and nothing jumps under the pointer."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.cable import Cable
from tests.support.dev import Dev
from tests.support.signing_in import sign_in


def call(site: Dev, path: str, **body: Any) -> Any:
    answer = httpx.post(f"{site.url}/api{path}", json=body, headers={"Authorization": f"Bearer {site.api_key}"}, timeout=60)
    answer.raise_for_status()
    return answer.json()


def submitted(site: Dev) -> str:
    """A job that waits for its time."""
    return str(call(site, "/jobs", type="platform.nothing", data={}, delay=3_600_000)["jobId"])


def watched(page: Page, site: Dev, path: str) -> None:
    """The page is open, and hears."""
    sign_in(page, site, path)
    expect(page.locator("#living")).to_have_attribute("data-state", "live")
    page.evaluate("window.neverReloaded = true")


@pytest.fixture
def far(browser: Browser, site: Dev) -> Iterator[tuple[Page, Cable]]:
    """A page that comes by a cable."""
    cable = Cable(site.port)
    context = browser.new_context(base_url=f"http://127.0.0.1:{cable.near}")
    yield context.new_page(), cable
    context.close()
    cable.close()


def test_new_jobs_wait_to_be_shown_and_those_that_are_shown_move_where_they_stand(site: Dev, page: Page) -> None:
    submitted(site)
    watched(page, site, "/ops/jobs/?q=type%3Aplatform.nothing")
    first = page.locator("tbody tr").first.get_attribute("data-key")
    made = submitted(site)
    page.get_by_role("button", name="1 new, show").press("Enter")
    row = page.locator(f"tr[data-key='{made}']")
    expect(row).to_contain_text("scheduled")
    expect(page.locator("tbody tr").nth(1)).to_have_attribute("data-key", str(first))
    expect(page.get_by_role("button", name="new, show")).to_be_hidden()
    row.get_by_role("link").focus()
    call(site, f"/jobs/{made}/cancel")
    expect(row).to_contain_text("cancelled")
    expect(row.get_by_role("link")).to_be_focused()
    assert page.evaluate("window.neverReloaded")


def test_a_job_that_leaves_the_list_says_so_in_its_row(site: Dev, page: Page) -> None:
    made = submitted(site)
    watched(page, site, f"/ops/jobs/?q=status%3Ascheduled%20id%3A{made}")
    call(site, f"/jobs/{made}/cancel")
    expect(page.locator(f"tr[data-key='{made}']")).to_contain_text("cancelled")
    assert page.evaluate("window.neverReloaded")


def test_a_job_dies_before_the_eyes_of_who_watches(site: Dev, page: Page) -> None:
    watched(page, site, "/ops/dead-letters/?type=stock.import")
    before = page.locator("#letters tbody tr").count()
    site.imports_nothing()
    if before:
        page.get_by_role("button", name="1 new, show").click()
    expect(page.locator("#letters tbody tr")).to_have_count(before + 1)
    expect(page.locator("#letters tbody tr").first).to_contain_text("There is no upload")
    assert page.evaluate("window.neverReloaded")


def test_the_page_of_a_job_moves_and_ends(site: Dev, page: Page) -> None:
    made = submitted(site)
    sign_in(page, site, f"/ops/jobs/{made}/")
    expect(page.locator("#live-now")).to_contain_text("scheduled")
    expect(page.locator("#living")).to_have_attribute("data-state", "live")
    page.evaluate("window.neverReloaded = true")
    call(site, f"/jobs/{made}/cancel")
    expect(page.locator("#live-now")).to_contain_text("cancelled")
    expect(page.get_by_text("Try it again with another payload")).to_be_visible()
    expect(page.locator("#living")).to_be_hidden()
    expect(page).to_have_title(re.compile("cancelled"))
    assert page.evaluate("window.neverReloaded")


def test_a_frozen_page_stands_still_and_goes_on_when_told(site: Dev, page: Page) -> None:
    watched(page, site, "/ops/queues/")
    page.get_by_role("button", name="Freeze").press("Enter")
    expect(page.locator("#living-said")).to_have_text("Frozen")
    call(site, "/queues/bulk/pause", why="frozen")
    try:
        other = page.context.new_page()
        other.goto("/ops/queues/")
        expect(other.get_by_text("frozen", exact=False).first).to_be_visible()
        expect(page.locator("#queues")).not_to_contain_text("frozen")
        page.get_by_role("button", name="Go on").press("Enter")
        expect(page.locator("#queues")).to_contain_text("frozen")
    finally:
        call(site, "/queues/bulk/resume")
    expect(page.locator("#queues")).not_to_contain_text("frozen")


def test_what_somebody_types_stays_while_the_page_moves(site: Dev, page: Page) -> None:
    watched(page, site, "/ops/queues/")
    box = page.get_by_label("Why is default paused?")
    box.fill("the printer is ")
    call(site, "/queues/bulk/pause", why="typing")
    try:
        expect(page.locator("#queues")).to_contain_text("typing")
        expect(box).to_be_focused()
        page.keyboard.type("being moved")
        expect(box).to_have_value("the printer is being moved")
    finally:
        call(site, "/queues/bulk/resume")


def test_a_flood_is_asked_for_at_most_once_a_second(site: Dev, page: Page) -> None:
    watched(page, site, "/ops/")
    headers = {"Authorization": f"Bearer {site.api_key}"}
    for _ in range(5):
        orders = [{"type": "platform.nothing", "data": {"number": n}} for n in range(200)]
        httpx.post(f"{site.url}/api/jobs/batch", json=orders, headers=headers, timeout=60).raise_for_status()
    fetches = "performance.getEntriesByType('resource').filter(entry => entry.initiatorType === 'fetch').map(entry => entry.startTime)"
    page.wait_for_function(f"{fetches}.length > 3")
    starts = page.evaluate(fetches)
    assert all(after - before >= 990 for before, after in pairwise(starts)), starts
    assert page.evaluate("window.neverReloaded")


def test_a_page_that_slept_is_right_when_it_wakes(site: Dev, far: tuple[Page, Cable]) -> None:
    page, cable = far
    made = submitted(site)
    watched(page, site, f"/ops/jobs/?q=id%3A{made}")
    row = page.locator(f"tr[data-key='{made}']")
    expect(row).to_contain_text("scheduled")
    page.context.set_offline(True)
    cable.cut()
    call(site, f"/jobs/{made}/cancel")
    expect(row).to_contain_text("scheduled")
    cable.hang_up()
    page.context.set_offline(False)
    expect(row).to_contain_text("cancelled")
    assert page.evaluate("window.neverReloaded")
