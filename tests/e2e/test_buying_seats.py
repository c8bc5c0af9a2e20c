"""People at one show: each sees at once what the others hold; the map, the keyboard and the list without scripts all lead to a booking."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support import buyers
from tests.support.dev import Dev
from tests.support.signing_in import sign_in

SLOW = 30_000
HELD, MINE, FREE = re.compile(r"\bheld\b"), re.compile(r"\bmine\b"), re.compile(r"\bfree\b")


@pytest.fixture
def someone(site: Dev, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Makes buyers, each in a browser of their own."""
    pages: list[Page] = []

    def make(**options: object) -> Page:
        pages.append(buyers.buyer(site, browser, **options))  # type: ignore[arg-type]
        pages[-1].set_default_timeout(SLOW)
        return pages[-1]

    yield make
    for page in pages:
        page.context.close()


def _serious(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]


def _book(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(f"{name.lower()}@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_text("confirmed")).to_be_visible(timeout=SLOW)


def test_two_buyers_see_each_others_seats_held_and_given_back_live(site: Dev, someone: Callable[..., Page]) -> None:
    show = buyers.show(site)
    ada, bob = someone(), someone()
    for page in (ada, bob):
        buyers.open_map(page, show)
    for page, other, seat in ((ada, bob, 43), (bob, ada, 65)):
        buyers.press_seat(page, seat)
        expect(page.locator(f"#s{seat}")).to_have_class(MINE, timeout=SLOW)
        expect(other.locator(f"#s{seat}")).to_have_class(HELD, timeout=SLOW)
    expect(ada.locator("[data-part=clock]")).to_have_text(re.compile(r"^\d+:\d\d$"))
    ada.get_by_role("button", name=re.compile("^Give back")).click()
    expect(bob.locator("#s43")).to_have_class(FREE, timeout=SLOW)


def test_a_price_that_changes_is_told_where_the_map_and_the_list_are_open(site: Dev, someone: Callable[..., Page]) -> None:
    show = buyers.show(site)
    ada, bob = someone(), someone()
    buyers.open_map(ada, show)
    bob.goto(f"/shows/{show}/list/")
    bob.wait_for_selector(buyers.READY)
    buyers.press_seat(ada, 43)
    expect(ada.locator("[data-part=total]")).to_have_text("€60.00", timeout=SLOW)
    change = "from reservations.services import shows; zone = show.zones.first()\nshows.change_zone(zone, 'Early', 75, zone.colour)\n"
    change += "late = show.zones.create(name='Late', price=9, number=1); shows.paint(show, late, [show.seats.last().pk])"
    buyers.run(site, show, change)
    for page in (ada, bob):
        expect(page.locator("#basket")).to_contain_text("Early costs €75.00 from now on, not €60.00.", timeout=SLOW)
        expect(page.locator("#basket .price-note")).to_contain_text("1 seat is Late now, for €9.00.", timeout=SLOW)
        expect(page.locator("#zone")).to_contain_text("Early, €75.00")
    expect(ada.locator("#legend")).to_contain_text("Early €75.00")
    expect(ada.locator("#basket")).to_contain_text("for you it stays at €60.00")
    expect(ada.locator("[data-part=total]")).to_have_text("€60.00")
    expect(bob.locator(".seat").first).to_contain_text("€75.00")
    ada.reload()
    ada.wait_for_selector(buyers.READY)
    expect(ada.locator("[data-part=total]")).to_have_text("€60.00")
    ada.get_by_role("link", name="List").click()
    ada.wait_for_selector(buyers.READY)
    expect(ada.locator(".seat").first, "what she would pay for it").to_contain_text("€60.00")
    ada.get_by_role("button", name=re.compile("^Give back")).click()
    expect(ada.locator(".seat").first).to_contain_text("€75.00", timeout=SLOW)


def test_a_map_that_was_asleep_catches_up_without_reload(site: Dev, someone: Callable[..., Page]) -> None:
    show = buyers.show(site)
    sleeper, other = someone(), someone()
    for page in (sleeper, other):
        buyers.open_map(page, show)
    sleeper.context.set_offline(True)
    buyers.press_seat(other, 21)
    expect(other.locator("#s21")).to_have_class(MINE, timeout=SLOW)
    sleeper.context.set_offline(False)
    expect(sleeper.locator("#s21")).to_have_class(HELD, timeout=SLOW)


def test_a_choice_that_leaves_a_single_seat_is_told_and_mended_in_one_press(site: Dev, someone: Callable[..., Page]) -> None:
    page = someone()
    buyers.open_map(page, buyers.show(site))
    buyers.press_seat(page, 21)
    expect(page.get_by_text("which nobody wants to buy")).to_have_count(2, timeout=SLOW)
    page.get_by_role("button", name="Continue").click()
    proposal = page.get_by_role("button", name=re.compile("^Take .* instead$"))
    expect(page.locator(".marks circle")).to_have_count(1)
    proposal.click()
    expect(proposal).to_have_count(0)
    expect(page.locator("#s21")).to_have_class(FREE, timeout=SLOW)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Almost yours")).to_be_visible(timeout=SLOW)


def test_the_best_seats_are_shown_before_they_are_held(site: Dev, someone: Callable[..., Page]) -> None:
    page = someone()
    buyers.open_map(page, buyers.show(site))
    page.get_by_label("Seats", exact=True).fill("3")
    expect(page.locator(".marks circle")).to_have_count(3, timeout=SLOW)
    told = page.locator("[data-part=preview]").text_content() or ""
    page.get_by_role("button", name="Hold the best seats").click()
    expect(page.locator("#basket")).to_contain_text("3 seats", timeout=SLOW)
    assert told.startswith("Part 1")
    assert page.locator("#s43, #s44, #s45, .zone .mine").count() >= 3


def test_the_keyboard_is_enough_to_buy(site: Dev, someone: Callable[..., Page]) -> None:
    page = someone()
    buyers.open_map(page, buyers.show(site))
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role') === 'checkbox'"):
            break
    seat = page.evaluate("document.activeElement.id")
    page.keyboard.press("Space")
    expect(page.locator(f"#{seat}")).to_have_attribute("aria-checked", "true", timeout=SLOW)
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Part 1, row A, seat 2, €60.00")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=count]")).to_have_text("2 seats", timeout=SLOW)
    assert _serious(page) == []
    onward = page.get_by_role("button", name="Continue")
    for _ in range(40):
        page.keyboard.press("Tab")
        if onward.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Almost yours")).to_be_visible(timeout=SLOW)
    assert _serious(page) == []
    _book(page, "Ada")
    assert _serious(page) == []


def test_the_list_sells_without_scripts(site: Dev, someone: Callable[..., Page]) -> None:
    page = someone(scripts=False)
    show = buyers.show(site, seats=400)
    page.goto(f"/shows/{show}/")
    page.get_by_role("link", name="Part 2").click()
    page.get_by_role("checkbox", name=re.compile("^Row K seat 1 ")).check()
    page.get_by_role("checkbox", name=re.compile("^Row K seat 2 ")).check()
    page.get_by_role("button", name="Hold these seats").click()
    expect(page.get_by_role("heading", name="Almost yours")).to_be_visible(timeout=SLOW)
    _book(page, "Bea")
    expect(page.locator(".chosen li")).to_have_count(2)
    page.goto("/shows/bookings/")
    expect(page.get_by_text("2 seats")).to_be_visible()


def test_the_list_lives_as_the_map_does(site: Dev, someone: Callable[..., Page]) -> None:
    show = buyers.show(site)
    ada, bob = someone(), someone()
    for page in (ada, bob):
        page.goto(f"/shows/{show}/list/")
        page.wait_for_selector(buyers.READY)
    seat = re.compile("^Row B seat 3 ")
    ada.get_by_role("checkbox", name=seat).check()
    expect(ada.locator("[data-part=count]")).to_have_text("1 seat", timeout=SLOW)
    expect(bob.get_by_role("checkbox", name=seat)).to_be_disabled(timeout=SLOW)
    assert _serious(bob) == []


def test_a_time_that_is_over_in_the_checkout_is_told_with_a_way_on(site: Dev, someone: Callable[..., Page]) -> None:
    page = someone()
    buyers.open_map(page, buyers.show(site, hold_for=25))
    # As a hand presses it, not a machine: the button may not move from under it.
    page.get_by_role("button", name="Hold the best seats").click(delay=300)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Cy the slow")
    expect(page.get_by_role("heading", name="Your time is over")).to_be_visible(timeout=SLOW)
    expect(page.get_by_label("Name")).to_have_value("Cy the slow")
    assert _serious(page) == []
    expect(page.get_by_role("link", name="Choose again on the map")).to_be_visible()
    page.get_by_role("button", name="Book if they are still free").scroll_into_view_if_needed()
    _book(page, "Cy")
    expect(page.locator(".chosen li")).to_have_count(2)


def test_a_time_that_is_over_on_the_map_gives_the_seats_back_in_sight(site: Dev, someone: Callable[..., Page]) -> None:
    page = someone()
    buyers.open_map(page, buyers.show(site, hold_for=3))
    buyers.press_seat(page, 40)
    # Only what was held can be held again; how long it was to be seen as mine depends on the machine.
    expect(page.get_by_role("button", name="Try to hold them again")).to_be_visible(timeout=SLOW)
    expect(page.locator("#s40")).to_have_class(FREE)


def test_shows_and_bookings_have_no_serious_finding_and_fit_a_phone(site: Dev, page: Page) -> None:
    sign_in(page, site, "/shows/bookings/")
    page.set_viewport_size({"width": 360, "height": 740})
    for address in ("/shows/", "/shows/?q=nothing+like+it", "/shows/1/", "/shows/1/list/", "/shows/bookings/"):
        page.goto(address)
        if re.search(r"\d/", address):
            page.wait_for_selector(buyers.READY)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
        assert _serious(page) == [], address


def test_the_map_is_moved_by_wheel_buttons_keys_and_two_fingers(site: Dev, someone: Callable[..., Page]) -> None:
    page = someone(has_touch=True, reduced_motion="no-preference")
    buyers.open_map(page, buyers.show(site, seats=400))
    box = page.locator("#map svg").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    whole = _width(page)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.wait_for_function(NARROWER, arg=whole)
    page.get_by_role("button", name="Show the whole hall").click()
    page.wait_for_function(AS_WIDE, arg=whole)
    page.locator(".zone path[tabindex]").focus()
    page.keyboard.press("+")
    page.wait_for_function(NARROWER, arg=whole)
    page.keyboard.press("0")
    page.wait_for_function(AS_WIDE, arg=whole)
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}] if apart else []
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 40)
    for apart in (60, 90, 120):
        touch("touchMove", apart)
    touch("touchEnd", 0)
    page.wait_for_function(NARROWER, arg=whole)
    expect(page.locator("#basket")).not_to_contain_text("1 seat")


NARROWER = "whole => Number(document.querySelector('#map svg').getAttribute('viewBox').split(' ')[2]) < whole * 0.8"
AS_WIDE = "whole => Math.abs(Number(document.querySelector('#map svg').getAttribute('viewBox').split(' ')[2]) - whole) < 1"


def _width(page: Page) -> float:
    return float((page.locator("#map svg").get_attribute("viewBox") or "").split()[2])


def test_prices_filter_and_places_to_stand_are_held_from_the_map(site: Dev, someone: Callable[..., Page]) -> None:
    page = someone()
    page.goto("/shows/?q=tempest")
    page.get_by_role("link", name="The Tempest").click()
    page.wait_for_selector(buyers.READY)
    page.get_by_role("button", name=re.compile("^Back")).click()
    expect(page.locator(".zone.dim")).to_have_count(3)
    page.get_by_role("button", name=re.compile("^Back")).click()
    expect(page.locator(".zone.dim")).to_have_count(0)
    free = page.locator(".area .free")
    before = int((free.text_content() or "").split()[0])
    page.locator(".area rect").click()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(free).to_have_text(f"3 yours · {before - 3} free", timeout=SLOW)
    expect(page.locator("[data-part=total]")).to_have_text("€36.00")
