"""A whole Conveyor and a browser to look at it."""

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.support.dev import Dev, running

# A machine that does other things besides is slow, not wrong.
expect.set_options(timeout=30_000)


@pytest.fixture
def dev() -> Iterator[Dev]:
    """A Conveyor for this test alone, which may stop and kill it."""
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def site() -> Iterator[Dev]:
    """A Conveyor for all tests that only use it. At 127.0.0.9 stand receivers of webhooks."""
    with running(OUTBOUND_ALLOWED_NETWORKS="127.0.0.9/32") as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is missing. On Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        # A container's root has no sandbox to offer.
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, site: Dev) -> Iterator[Page]:
    """A page of the site. It fails the test if a script fails, or if anything is asked of another host."""
    context = browser.new_context(base_url=site.url)
    opened = context.new_page()
    faults: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).scheme.startswith("http") and not request.url.startswith(site.url):
            faults.append(f"asked another host: {request.url}")

    opened.on("request", note)
    opened.on("pageerror", lambda error: faults.append(f"a script failed: {error}"))
    yield opened
    context.close()
    assert not faults, faults
