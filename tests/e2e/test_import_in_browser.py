"""A supplier's price list, brought in by a person with a browser, through every process of ours."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from tests.support.dev import Dev
from tests.support.signing_in import sign_in

LINES = 20_000
MOVING = "least => { const bar = document.querySelector('progress'); return bar && least < bar.value && bar.value < bar.max && bar.value }"
JOB = re.compile(r"/jobs/[0-9a-f-]{36}/$")


@pytest.fixture
def signed_in(page: Page, site: Dev) -> Page:
    sign_in(page, site, "/stock/import/")
    expect(page.get_by_role("heading", name="Import a price list")).to_be_visible()
    return page


@pytest.fixture
def price_list(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    call_command("sample_price_list", str(path), lines=LINES)
    lines = path.read_text().splitlines()
    lines[7] = "A-00007,,1,1,North"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_person_uploads_a_list_watches_its_bar_move_and_sees_the_products(signed_in: Page, price_list: Path) -> None:
    page = signed_in
    page.get_by_label("Price list").set_input_files(price_list)
    page.get_by_role("button", name="Import").click()
    expect(page).to_have_url(JOB)

    seen = page.wait_for_function(MOVING, arg=0, polling=20).json_value()
    page.wait_for_function("seen => document.querySelector('progress').value > seen", arg=seen, polling=20)
    expect(page.locator("#live-now .state")).to_have_text("succeeded", timeout=60_000)
    expect(page.get_by_role("status")).to_have_text("Bring a supplier's price list in: succeeded")
    expect(page.locator("#live-timeline li").last).to_contain_text("Succeeded")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download the wrong lines").click()
    assert Path(download.value.path()).read_text().splitlines()[1:] == ["8,name,is empty"]

    page.get_by_role("link", name="See the products").click()
    page.get_by_label("SKU or name").fill("A-19999")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("A-19999")


def test_a_file_that_is_no_price_list_is_refused_on_the_spot(signed_in: Page, tmp_path: Path) -> None:
    (tmp_path / "photo.csv").write_bytes(b"\x89PNG\0\0")
    signed_in.get_by_label("Price list").set_input_files(tmp_path / "photo.csv")
    signed_in.get_by_role("button", name="Import").click()
    expect(signed_in.get_by_role("alert")).to_contain_text("binary file")


def test_without_javascript_the_page_still_comes_to_the_end(signed_in: Page, site: Dev, browser: Browser, price_list: Path) -> None:
    bare = browser.new_context(base_url=site.url, storage_state=signed_in.context.storage_state(), java_script_enabled=False)
    page = bare.new_page()
    page.goto("/stock/import/")
    page.get_by_label("Price list").set_input_files(price_list)
    page.get_by_label("Only check it").check()
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#live-now .state")).to_have_text("succeeded", timeout=60_000)
    bare.close()


@pytest.mark.parametrize("address", ["/", "/jobs/", "/stock/products/", "/stock/import/"])
def test_every_page_fits_a_phone_and_is_reached_by_keyboard(signed_in: Page, address: str) -> None:
    signed_in.set_viewport_size({"width": 360, "height": 740})
    signed_in.goto(address)
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 360
    signed_in.keyboard.press("Tab")
    expect(signed_in.get_by_role("link", name="Skip to the content")).to_be_focused()
    signed_in.keyboard.press("Enter")
    expect(signed_in.locator("#main")).to_be_focused()
