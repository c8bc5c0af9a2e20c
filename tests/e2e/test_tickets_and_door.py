"""A ticket's way from the screen to the door, in browsers: read by a reader that is not ours, with a network and without."""

import io
import re
import uuid
from collections.abc import Callable, Iterator

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_buying_seats import _serious as serious
from tests.support import buyers
from tests.support.dev import Dev
from tests.support.signing_in import sign_in_as

HIRE = "from django.contrib.auth.models import Group, User; user = User.objects.create_user({!r}, password={!r}); "
HIRE += "user.groups.add(Group.objects.get(name='door'))"
GOOD, BAD = re.compile("good"), re.compile("bad")


@pytest.fixture
def door(site: Dev, browser: Browser) -> Iterator[Callable[[int], Page]]:
    """Opens a show's door on a device of its own, by somebody whose only role that is."""
    pages: list[Page] = []
    name = f"door-{uuid.uuid4().hex[:8]}"
    site.manage("shell", "--no-imports", "-c", HIRE.format(name, buyers.PASSWORD))

    def make(show: int) -> Page:
        page = buyers.guest(site, browser)
        pages.append(page)
        page.set_default_timeout(30_000)
        sign_in_as(page, name, buyers.PASSWORD, f"/shows/{show}/door/")
        page.wait_for_selector("#door[data-ready=yes]")
        return page

    yield make
    for page in pages:
        page.context.close()


def bought(site: Dev, browser: Browser, show: int) -> tuple[list[str], str]:
    """The letters of three tickets that somebody bought, and what another's reader reads from the screen of the first."""
    page = buyers.guest(site, browser)
    page.set_default_timeout(30_000)
    buyers.open_map(page, show)
    page.get_by_label("Seats", exact=True).fill("3")
    page.get_by_role("button", name="Hold the best seats").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Gus")
    page.get_by_label("E-mail").fill("gus.at.the.door@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_text("confirmed")).to_be_visible()
    links = page.locator("section[aria-labelledby=tickets] li a")
    expect(links).to_have_count(3)
    letters = []
    for address in links.evaluate_all("all => all.map((one) => one.href)"):
        page.goto(address)
        letters.append(page.locator(".short").text_content() or "")
        picture = Image.open(io.BytesIO(page.locator(".qr").screenshot()))
        letters.append("".join(found.text for found in zxingcpp.read_barcodes(picture)))
    assert serious(page) == []
    page.context.close()
    return letters[::2], letters[1]


def scan(page: Page, code: str) -> None:
    page.get_by_label("Code of the ticket").fill(code)
    page.keyboard.press("Enter")


def test_tickets_let_in_once_with_a_network_and_without(site: Dev, browser: Browser, door: Callable[[int], Page]) -> None:
    show = buyers.show(site)
    letters, read = bought(site, browser, show)
    page = door(show)
    result, line = page.locator("#result"), page.locator("#line")
    scan(page, read)
    expect(result).to_have_class(GOOD)
    expect(result).to_contain_text("Gus")
    scan(page, letters[0].lower())
    expect(result).to_contain_text("Stop. Someone came in with it")
    scan(page, "NOSUCHTK")
    expect(result).to_have_class(BAD)
    assert serious(page) == []
    page.context.set_offline(True)
    expect(line).to_contain_text("No network")
    scan(page, letters[1])
    expect(result).to_contain_text("Come in.")
    expect(line).to_contain_text("1 to be told later")
    page.reload()
    page.wait_for_selector("#door[data-ready=yes]")
    expect(line).to_contain_text("1 to be told later")
    scan(page, letters[1])
    expect(result).to_contain_text("Stop. Someone came in with it")
    page.context.set_offline(False)
    expect(line).to_have_text("Connected.")
    expect(page.locator("#counts")).to_have_text("2 of 3 are in.")


def test_two_doors_of_which_one_was_alone_find_the_second_entry(site: Dev, browser: Browser, door: Callable[[int], Page]) -> None:
    show = buyers.show(site)
    letters, _ = bought(site, browser, show)
    front, back = door(show), door(show)
    back.context.set_offline(True)
    scan(front, letters[2])
    expect(front.locator("#result")).to_have_class(GOOD)
    scan(back, letters[2])
    expect(back.locator("#result")).to_contain_text("Come in.")
    back.context.set_offline(False)
    expect(back.locator("#troubles")).to_contain_text("A second person is inside with it")
    assert serious(back) == []
    front.reload()
    expect(front.get_by_role("heading", name="Came in twice")).to_be_visible()
