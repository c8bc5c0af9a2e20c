"""A laptop's lid is closed while a job goes on, or another tab is looked at: afterwards the page is right at once, without a reload."""

import os
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.cable import Cable
from tests.support.dev import Dev
from tests.support.signing_in import sign_in

# A minute, where there is time for it.
LID = float(os.environ.get("CONVEYOR_TEST_LID", "2"))


@pytest.fixture
def cable(site: Dev) -> Iterator[Cable]:
    laid = Cable(site.port)
    yield laid
    laid.close()


@pytest.fixture
def page(browser: Browser, cable: Cable) -> Iterator[Page]:
    """A page that comes by the cable."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{cable.near}")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("listed", [False, True])
def test_a_page_is_right_within_moments_of_waking(page: Page, site: Dev, cable: Cable, listed: bool) -> None:
    """The page of a job, and the list of them."""
    sign_in(page, site, "/jobs/")
    key = {"Authorization": f"Bearer {site.api_key}"}
    order = {"type": "platform.nothing", "data": {}, "delay": 3_600_000}
    job = httpx.post(f"{site.url}/api/jobs", json=order, headers=key, timeout=60).json()["jobId"]
    page.goto("/jobs/?whose=all" if listed else f"/jobs/{job}/")
    now = page.locator(f"tr[data-key='{job}']" if listed else "#live-now")
    expect(now).to_contain_text("scheduled")
    page.evaluate("window.neverReloaded = true")
    page.context.set_offline(True)
    cable.cut()
    httpx.post(f"{site.url}/api/jobs/{job}/cancel", headers=key, timeout=60).raise_for_status()
    page.wait_for_timeout(LID * 1000)
    expect(now).to_contain_text("scheduled")
    woken = time.monotonic()
    cable.hang_up()
    page.context.set_offline(False)
    expect(now).to_contain_text("cancelled")
    print(f"right {time.monotonic() - woken:.2f} s after waking")
    assert page.evaluate("window.neverReloaded")


WATCHED = """
const Stream = EventSource;
window.streams = [];
window.EventSource = class extends Stream { constructor(address) { super(address); streams.push(this); } };
window.look = (away) => {
    Object.defineProperty(document, "hidden", { value: away, configurable: true });
    Object.defineProperty(document, "visibilityState", { value: away ? "hidden" : "visible", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
};
"""


@pytest.mark.parametrize("listed", [False, True])
def test_a_tab_that_nobody_looks_at_keeps_no_connection_and_is_right_at_the_first_look(page: Page, site: Dev, listed: bool) -> None:
    key = {"Authorization": f"Bearer {site.api_key}"}
    order = {"type": "platform.nothing", "data": {}, "delay": 3_600_000}
    job = httpx.post(f"{site.url}/api/jobs", json=order, headers=key, timeout=60).json()["jobId"]
    page.add_init_script(f"{WATCHED} look(true);")
    page.clock.install()
    sign_in(page, site, "/jobs/?whose=all" if listed else f"/jobs/{job}/")
    now = page.locator(f"tr[data-key='{job}']" if listed else "#live-now")
    expect(now).to_contain_text("scheduled")
    assert page.evaluate("streams.length") == 0, "it was opened behind the others"
    page.evaluate("look(false)")
    page.wait_for_function("streams.some((stream) => stream.readyState === EventSource.OPEN)")
    page.evaluate("look(true)")
    page.clock.fast_forward(6_000)
    page.wait_for_function("streams.every((stream) => stream.readyState === EventSource.CLOSED)")
    httpx.post(f"{site.url}/api/jobs/{job}/cancel", headers=key, timeout=60).raise_for_status()
    page.evaluate("dispatchEvent(new Event('online'))")
    assert page.evaluate("streams.every((stream) => stream.readyState === EventSource.CLOSED)"), "nobody looks yet"
    page.evaluate("look(false)")
    expect(now).to_contain_text("cancelled")


def test_a_page_of_the_shop_that_slept_shows_what_came_meanwhile(page: Page, site: Dev) -> None:
    sku = f"SLEEP-{uuid.uuid4().hex[:6]}"
    with httpx.Client(base_url=f"{site.url}/api/stock", headers={"Authorization": f"Bearer {site.api_key}"}, timeout=60) as api:
        api.post("/products", json={"sku": sku, "name": sku, "price": "19.00"}).raise_for_status()
        page.add_init_script(f"{WATCHED} look(true);")
        sign_in(page, site, f"/stock/shop/?q={sku}")
        shown = page.locator(f"[data-free='{sku}']")
        expect(shown).to_have_text("Sold out")
        came = {"sku": sku, "location": "Shop", "quantity": 7}
        api.post("/receipts", json=came, headers={"Prefer": "wait=30"}).raise_for_status()
    page.evaluate("look(false)")
    expect(shown).to_have_text("7 available")
