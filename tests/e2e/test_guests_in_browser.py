"""People without an account, in browsers: they buy with an extra, come back by a link, wait for a rush and for seats that come back."""

import re
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_buying_seats import _serious as serious
from tests.support import buyers
from tests.support.dev import Dev
from tests.support.waiting import until

NUMBERS = count(1)
BLOCK = "ids = list(show.seats.order_by('pk').values_list('pk', flat=True))\nreleasing.block(show.pk, ids[{}:], 'kept')"


@pytest.fixture
def guest(site: Dev, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Makes guests, each in a browser of their own."""
    pages: list[Page] = []

    def make(**options: object) -> Page:
        pages.append(buyers.guest(site, browser, **options))
        pages[-1].set_default_timeout(30_000)
        return pages[-1]

    yield make
    for page in pages:
        page.context.close()


def _fill(page: Page, address: str) -> None:
    page.get_by_label("Name").fill("Gus")
    page.get_by_label("E-mail").fill(address)


def test_a_guest_buys_seats_and_an_extra_and_comes_back_by_the_link(site: Dev, guest: Callable[..., Page]) -> None:
    address = f"gus{next(NUMBERS)}@example.com"
    page = guest()
    page.goto("/shows/?q=tempest")
    page.get_by_role("link", name="The Tempest").click()
    page.wait_for_selector(buyers.READY)
    page.get_by_role("button", name="Hold the best seats").click()
    page.get_by_role("button", name="Continue").click()
    _fill(page, address)
    page.get_by_label("Programme").fill("2")
    page.get_by_label("Programme").press("Tab")
    expect(page.locator("#extras-said")).to_contain_text("Reserved with your seats")
    expect(page.locator("[data-part=extras]")).to_have_text(re.compile("2 × Programme.*13.00", re.DOTALL))
    assert serious(page) == []
    page.get_by_role("button", name=re.compile("^Book for")).click()
    expect(page.get_by_text("confirmed")).to_be_visible()
    expect(page.get_by_text("2 × Programme")).to_be_visible()
    assert serious(page) == []
    here = page.url
    phone = guest(viewport={"width": 390, "height": 800})
    assert phone.goto(here).status == 404  # type: ignore[union-attr]
    phone.goto(buyers.link_for(site, address, "b"))
    assert phone.url == here
    expect(phone.get_by_text("2 × Programme")).to_be_visible()
    phone.goto("/shows/bookings/")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(phone) == []
    page.goto("/shows/bookings/")
    page.get_by_role("button", name="Forget me here").click()
    expect(page.get_by_text("Nothing is booked")).to_be_visible()


def test_extras_without_scripts_are_reserved_by_a_button(site: Dev, guest: Callable[..., Page]) -> None:
    page = guest(java_script_enabled=False)
    page.goto("/shows/?q=tempest")
    page.get_by_role("link", name="The Tempest").click()
    page.get_by_label("Seats", exact=True).fill("1")
    page.get_by_role("button", name="Hold the best seats").click()
    page.get_by_label("Parking").fill("1")
    page.get_by_role("button", name="Reserve these").click()
    expect(page.get_by_text("1 × Parking")).to_be_visible()
    page.get_by_role("button", name="Give them back").click()
    expect(page.get_by_text("The seats are free again")).to_be_visible()


def test_a_page_that_is_open_when_the_sale_starts_sells_by_itself(site: Dev, guest: Callable[..., Page]) -> None:
    show = buyers.show(site, opens_in=3600)
    hour = 3_610_000
    ada, bob = guest(), guest()
    for page, way in ((ada, ""), (bob, "list/")):
        page.clock.install()
        page.goto(f"/shows/{show}/{way}")
        page.wait_for_selector(buyers.READY)
        expect(page.locator("#opening")).to_contain_text("The sale opens on")
    button = ada.get_by_role("button", name="Hold the best seats")
    with ada.expect_response("**/now.json"):
        ada.clock.fast_forward(hour)
    expect(ada.locator("#opening")).to_contain_text("The sale opens on")
    expect(button, "the server's clock decides").to_be_disabled()
    buyers.run(site, show, "show.on_sale_from = now\nshow.save()")
    ada.clock.fast_forward(hour)
    expect(ada.get_by_text("The sale is open.")).to_be_visible()
    expect(button).to_be_enabled()
    buyers.run(site, show, "show.waiting_room = True\nshow.save()")
    bob.clock.fast_forward(hour)
    # Into the room, which lets the first of few in at once.
    expect(bob).to_have_url(re.compile(rf"/shows/{show}/(room/)?$"))


def test_the_waiting_room_keeps_places_through_reloads_and_lets_in_in_order(site: Dev, guest: Callable[..., Page]) -> None:
    show = buyers.show(site, seats=20)
    # Two seats are for one at a time.
    buyers.run(site, show, BLOCK.format(2) + "\nshow.waiting_room, show.on_sale_from = True, now + timedelta(minutes=9)\nshow.save()")
    pages = [guest() for _ in range(3)]
    for page in pages:
        page.goto(f"/shows/{show}/room/")
        expect(page.get_by_text("You are early")).to_be_visible()
    assert serious(pages[0]) == []
    buyers.run(site, show, "show.on_sale_from = now\nshow.save()")
    inside = _first_in(pages, show)
    waiting = [page for page in pages if page is not inside]
    until(lambda: sorted(map(_standing, waiting)) == ["1 person is before you", "You are next"], 30)
    standing = {page: _standing(page) for page in waiting}
    for page in waiting:
        page.reload()
        assert _standing(page) == standing[page], "a reload changes nothing"
        page.goto(f"/shows/{show}/")
        expect(page.get_by_role("heading", name="Waiting room")).to_be_visible()
    assert serious(waiting[0]) == []
    inside.get_by_label("Seats", exact=True).fill("1")
    inside.get_by_role("button", name="Hold the best seats").click()
    inside.get_by_role("button", name="Continue").click()
    _fill(inside, f"gus{next(NUMBERS)}@example.com")
    inside.keyboard.press("Enter")
    expect(inside.get_by_text("confirmed")).to_be_visible()
    following = next(page for page in waiting if standing[page] == "You are next")
    last = next(page for page in waiting if page is not following)
    following.wait_for_url(f"**/shows/{show}/", timeout=60_000)
    following.wait_for_selector(buyers.READY)
    expect(last.get_by_text("You are next")).to_be_visible(timeout=60_000)


def _first_in(pages: list[Page], show: int) -> Page:
    """Whom the lot let in: the page goes to the show by itself."""
    for _ in range(600):
        for page in pages:
            if page.url.endswith(f"/shows/{show}/"):
                page.wait_for_selector(buyers.READY)
                return page
        pages[0].wait_for_timeout(100)
    raise AssertionError("nobody was let in")


def _standing(page: Page) -> str:
    line = page.locator(".headline")
    expect(line).to_contain_text(re.compile("before you|next"))
    return (line.text_content() or "").strip()


def test_an_offer_of_the_waiting_list_is_taken_by_its_link(site: Dev, guest: Callable[..., Page]) -> None:
    show, address = buyers.show(site, seats=20), f"gus{next(NUMBERS)}@example.com"
    buyers.run(site, show, BLOCK.format(0))
    page = guest()
    page.goto(f"/shows/{show}/")
    page.get_by_role("link", name="Join the waiting list").click()
    _fill(page, address)
    page.get_by_role("button", name="Wait for seats").click()
    expect(page.get_by_text("You are number 1")).to_be_visible()
    assert serious(page) == []
    buyers.run(site, show, "releasing.free(show.pk, list(show.seats.order_by('pk').values_list('pk', flat=True)[:2]), 'not needed')")
    phone = guest(viewport={"width": 390, "height": 800})
    phone.goto(buyers.link_for(site, address, "w"))
    expect(phone.get_by_text("Seats are kept for you")).to_be_visible()
    assert serious(phone) == []
    phone.get_by_role("link", name="Look at them and book").click()
    _fill(phone, address)
    phone.get_by_role("button", name=re.compile("^Book for")).click()
    expect(phone.get_by_text("confirmed")).to_be_visible()
    expect(phone.locator(".chosen li")).to_have_count(2)
