"""An operator makes a webhook in a browser, keeps its secret, tries it, sees what was sent, sends it again; by axe nothing serious."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.support.dev import Dev
from tests.support.receivers import Receiver, receiving
from tests.support.signing_in import sign_in

PATIENCE = 30_000


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving("127.0.0.9") as started:
        started.answer = lambda request: (200, {"Content-Type": "text/plain"}, b"taken")
        yield started


def _nothing_serious(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_a_webhook_from_its_making_to_a_delivery_sent_again(site: Dev, page: Page, receiver: Receiver) -> None:
    sign_in(page, site, "/ops/webhooks/")
    page.get_by_role("link", name="New webhook").press("Enter")
    page.get_by_label("URL").fill("http://10.0.0.1/")
    page.get_by_label("Events").fill("orders.**")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("10.0.0.1 is private")).to_be_visible()
    _nothing_serious(page)
    page.get_by_label("URL").fill(f"{receiver.url}/hooks")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=f"{receiver.url}/hooks")).to_be_visible()
    secret = page.locator(".secret code").inner_text()
    page.reload()
    expect(page.locator(".secret")).to_have_count(0)
    page.get_by_role("button", name="Send a test").press("Enter")
    row = page.get_by_role("row", name="webhook.test")
    expect(row).to_contain_text("succeeded", timeout=PATIENCE)
    _nothing_serious(page)
    assert Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)["type"] == "webhook.test"
    row.get_by_role("link").click()
    expect(page.get_by_text("taken")).to_be_visible()
    expect(page.get_by_text(re.compile("webhook-signature: v1,"))).to_be_visible()
    _nothing_serious(page)
    page.get_by_role("button", name="Send it again").press("Enter")
    expect(page.get_by_role("article")).to_have_count(2, timeout=PATIENCE)
    assert len({request.id for request in receiver.received}) == 1
    page.get_by_role("link", name=f"{receiver.url}/hooks").click()
    page.get_by_label("I mean it").check()
    page.get_by_role("button", name="Delete this webhook").click()
    expect(page.get_by_text("is deleted.")).to_be_visible()
