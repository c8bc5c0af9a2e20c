"""The shop's pages, as a browser without JavaScript has them, with a real worker behind."""

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db.models import F
from django.test import Client

from jobs.models import Job
from stock import waiting
from stock.models import Level, Location, Movement, Product, Refusal, Reservation
from stock.services import ledger
from stock.services.ledger import Move
from tests.support.stock import drift, product
from tests.support.waiting import until


@pytest.fixture
def shop(platform: None) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_user("ada"))
    return client


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def put(shop: Client, sku: str, quantity: object) -> str:
    return text(shop.post(f"/stock/shop/cart/put/{sku}/", {"quantity": quantity}, follow=True))


def test_the_catalogue_is_searched_filtered_and_says_what_is_left(shop: Client) -> None:
    product("A", 5, tags=["steel"])
    product("B")
    page = text(shop.get("/stock/shop/"))
    assert "5 available" in page
    assert "Sold out" in page
    assert "Thing B" not in text(shop.get("/stock/shop/?in_stock=on"))
    assert "Thing B" not in text(shop.get("/stock/shop/?tag=steel"))
    assert "Nothing found" in text(shop.get("/stock/shop/?q=nothing"))


def test_a_cart_is_reserved_confirmed_and_empty_again(shop: Client) -> None:
    product("A", 5)
    assert "6.00" in put(shop, "A", 3)
    page = text(shop.post("/stock/shop/reserve/", follow=True))
    assert "data-until=" in page
    assert "Thing A" in page
    row = Reservation.objects.get()
    assert "Confirmed: the items are yours." in text(shop.post(f"/stock/shop/reservations/{row.pk}/confirm/", follow=True))
    assert "confirmed" in text(shop.get("/stock/shop/reservations/"))
    assert "The cart is empty" in text(shop.get("/stock/shop/cart/"))
    assert not drift()


def test_a_refusal_says_what_is_left_and_what_else_there_is(shop: Client) -> None:
    product("A", 2)
    product("B", 9)
    put(shop, "A", 3)
    page = text(shop.post("/stock/shop/reserve/", follow=True))
    for words in ("Not reserved", "Take 2", "Thing B"):
        assert words in page
    assert "data-until=" in text(shop.post("/stock/shop/instead/A/", {"quantity": 2}, follow=True))
    assert not drift()


def test_an_alternative_is_taken_with_one_click(shop: Client) -> None:
    product("A", 2)
    product("B", 9)
    product("C", 9)
    put(shop, "A", 3)
    put(shop, "C", 1)
    shop.post("/stock/shop/reserve/", follow=True)
    assert "data-until=" in text(shop.post("/stock/shop/instead/A/", {"quantity": 3, "other": "B"}, follow=True))
    lines = Reservation.objects.get().lines.values_list("product__sku", "quantity")
    assert set(lines) == {("B", 3), ("C", 1)}


@pytest.mark.parametrize(("sku", "data"), [("A", {"quantity": 0}), ("A", {"quantity": "x"}), ("Z", {"quantity": 1})])
def test_an_alternative_to_what_is_not_in_the_cart_is_refused(shop: Client, sku: str, data: dict[str, Any]) -> None:
    product("A", 2)
    put(shop, "A", 1)
    assert "Look at it first" in text(shop.post(f"/stock/shop/instead/{sku}/", data, follow=True))
    assert not Reservation.objects.exists()


def test_the_catalogue_is_ordered_and_bounded_by_price(shop: Client) -> None:
    for sku, price in (("A", 5), ("B", 1), ("C", 3)):
        product(sku, 1, price=price)

    def names(query: str) -> list[str]:
        return re.findall(r"Thing ([A-Z])</span>", text(shop.get(f"/stock/shop/?{query}")))

    assert names("") == ["A", "B", "C"]
    assert names("sort=price") == ["B", "C", "A"]
    assert names("sort=-price") == ["A", "C", "B"]
    assert names("least=2&most=3") == ["C"]
    assert "Enter a number" in text(shop.get("/stock/shop/?least=cheap"))
    assert names("least=cheap&sort=drop table") == ["A", "B", "C"]


def test_a_long_catalogue_has_pages_that_keep_what_was_asked(shop: Client) -> None:
    for n in range(30):
        product(f"P-{n:02d}")
    first = text(shop.get("/stock/shop/?q=thing"))
    assert "Page 1 of 2" in first
    assert "q=thing&amp;page=2" in first
    assert "Page 2 of 2" in text(shop.get("/stock/shop/?q=thing&page=99"))


def test_a_changed_price_is_said_once_and_what_is_gone_can_be_taken_out(shop: Client) -> None:
    one, other = product("A", 5), product("B", 5)
    put(shop, "A", 1)
    put(shop, "B", 1)
    Product.objects.filter(pk=one.pk).update(price=3)
    Product.objects.filter(pk=other.pk).update(active=False)
    page = text(shop.get("/stock/shop/cart/"))
    assert 'it was <span class="number">€2.00</span>' in page
    assert "no longer for sale" in page
    assert "no longer for sale" not in put(shop, "B", 0)
    assert "it was" not in text(shop.get("/stock/shop/cart/"))


def test_what_is_wanted_beyond_stock_is_said_in_the_cart_with_what_can_be_had(shop: Client) -> None:
    product("A", 2)
    page = put(shop, "A", 3)
    assert "more than there is" in page
    assert "Take 2 of Thing A" in page
    assert "Others like it" not in page
    product("B", 1)
    assert "Others like it" in text(shop.get("/stock/shop/cart/"))


def test_what_is_sold_out_is_not_offered_unless_it_may_be_owed(shop: Client) -> None:
    def offered(sku: str) -> tuple[bool, bool]:
        """The form with the cart, and the word that there is none: a script changes both, so both are in the page."""
        page = text(shop.get(f"/stock/shop/product/{sku}/"))
        return f'data-had="{sku}" hidden' not in page, f'data-gone="{sku}" hidden' not in page

    product("A")
    product("B", backorder=True)
    product("C", 1)
    assert (offered("A"), offered("B"), offered("C")) == ((False, True), (True, False), (True, False))
    page = put(shop, "A", 1)
    assert "It cannot be had now" in page
    assert "Take " not in page.replace("Take Thing A out", "")


def test_a_cart_says_what_of_a_backorder_is_still_to_come_in_each_way(shop: Client) -> None:
    places("A", Store=2, Shop=1)
    Product.objects.update(backorder=True)
    page = put(shop, "A", 5)
    assert "2 of them follow when they arrive" in page
    anywhere, parcel, collected = page.split("to follow when it arrives: ")[1:]
    assert [words.split("<")[0] for words in (anywhere, parcel, collected)] == ["2 of Thing A", "5 of Thing A", "5 of Thing A"]
    assert "all of it is there" not in page
    assert page.count("to follow") == 3
    assert put(shop, "A", 2).count("all of it is there") == 2
    Level.objects.update(reserved=F("on_hand"))
    assert "Yours as soon as it arrives" in text(shop.get("/stock/shop/cart/"))


def test_what_was_given_back_goes_into_the_cart_again(shop: Client) -> None:
    product("A", 5)
    put(shop, "A", 3)
    shop.post("/stock/shop/reserve/", follow=True)
    row = Reservation.objects.get()
    page = text(shop.post(f"/stock/shop/reservations/{row.pk}/release/", follow=True))
    assert "Put it into the cart again" in page
    assert "data-until" not in page
    assert 'value="3"' in text(shop.post(f"/stock/shop/reservations/{row.pk}/again/", follow=True))


def test_a_backorder_says_what_is_owed(shop: Client) -> None:
    product("A", 1, backorder=True)
    put(shop, "A", 3)
    assert "2 on backorder, owed until they arrive" in text(shop.post("/stock/shop/reserve/", follow=True))


@pytest.mark.parametrize("verb", ["release", "extend"])
def test_it_is_kept_longer_or_given_back(shop: Client, verb: str) -> None:
    product("A", 5)
    put(shop, "A", 3)
    shop.post("/stock/shop/reserve/", follow=True)
    row = Reservation.objects.get()
    text(shop.post(f"/stock/shop/reservations/{row.pk}/{verb}/", follow=True))
    after = Reservation.objects.get()
    assert (after.state, after.expires_at > row.expires_at) == (("released", False) if verb == "release" else ("active", True))


@pytest.mark.parametrize("quantity", ["x", "-1", "99999", "", "³"])
def test_a_quantity_that_is_none_is_said(shop: Client, quantity: str) -> None:
    product("A", 5)
    assert "whole number" in put(shop, "A", quantity)


def test_somebody_elses_reservation_is_not_there(shop: Client) -> None:
    product("A", 5)
    put(shop, "A", 1)
    shop.post("/stock/shop/reserve/", follow=True)
    other = Client()
    other.force_login(get_user_model().objects.create_user("bob"))
    row = Reservation.objects.get()
    assert other.get(f"/stock/shop/reservations/{row.pk}/").status_code == 404
    assert other.post(f"/stock/shop/reservations/{row.pk}/confirm/").status_code == 404


def test_a_product_asked_by_htmx_is_its_availability_alone(shop: Client) -> None:
    product("A", 5)
    assert "<h1>" not in text(shop.get("/stock/shop/product/A/", headers={"hx-request": "true"}))
    assert shop.get("/stock/shop/product/none/").status_code == 404


def places(sku: str, **units: int) -> None:
    """In the shop customers may collect, in the store they may not."""
    for name, count in units.items():
        product(sku, count, name)
    Location.objects.filter(name="Shop").update(pickup=True)


def lies() -> dict[str, int]:
    """Where the units of the last reservation lie."""
    return dict(Reservation.objects.latest("pk").lines.values_list("location__name", "quantity"))


def at_shop() -> str:
    return f"at:{Location.objects.get(name='Shop').pk}"


def test_a_cart_says_how_each_way_could_serve_it(shop: Client) -> None:
    places("A", Store=4, Shop=2)
    assert "2 to collect" in text(shop.get("/stock/shop/product/A/"))
    page = put(shop, "A", 3)
    assert page.count("all of it is there") == 2
    assert "not enough of Thing A" in page.split("Collected at Shop")[1]
    page = put(shop, "A", 5)
    assert page.count("not enough of Thing A") == 2
    assert "Store" not in page


@pytest.mark.parametrize(
    ("way", "units", "lies_so"),
    [
        ({"way": "split"}, 5, {"Store": 4, "Shop": 1}),
        ({"way": "whole"}, 4, {"Store": 4}),
        ({"way": "shop"}, 2, {"Shop": 2}),
        ({"way": "shop", "elsewhere": "on"}, 3, {"Shop": 2, "Store": 1}),
    ],
)
def test_a_cart_is_had_in_the_way_that_was_chosen(shop: Client, way: dict[str, str], units: int, lies_so: dict[str, int]) -> None:
    places("A", Store=4, Shop=2)
    put(shop, "A", units)
    page = text(shop.post("/stock/shop/reserve/", way | {"way": way["way"].replace("shop", at_shop())}, follow=True))
    assert "data-until=" in page
    assert lies() == lies_so
    assert (f"{lies_so.get('Shop')} to collect at Shop" in page) == (way["way"] == "shop")
    assert way["way"] == "shop" or "to collect" not in page


def test_what_is_not_at_the_shop_is_refused_with_other_ways_and_other_things_there(shop: Client) -> None:
    places("A", Store=4, Shop=2)
    places("B", Store=9)
    places("C", Shop=9)
    put(shop, "A", 3)
    page = text(shop.post("/stock/shop/reserve/", {"way": at_shop()}, follow=True))
    for words in ("is left at Shop", "Take 2", "Thing C", "Otherwise", "all of it is there"):
        assert words in page, words
    assert "Thing B" not in page
    assert "data-until=" in text(shop.post("/stock/shop/reserve/", {"way": at_shop(), "elsewhere": "on"}, follow=True))
    assert lies() == {"Shop": 2, "Store": 1}
    assert not drift()


def test_what_is_left_there_is_taken_with_one_click(shop: Client) -> None:
    places("A", Store=4, Shop=2)
    put(shop, "A", 3)
    shop.post("/stock/shop/reserve/", {"way": at_shop()}, follow=True)
    assert "data-until=" in text(shop.post("/stock/shop/instead/A/", {"quantity": 2}, follow=True))
    assert lies() == {"Shop": 2}


def test_a_place_that_is_gone_is_said_and_nothing_is_reserved(shop: Client) -> None:
    places("A", Store=4)
    put(shop, "A", 3)
    page = text(shop.post("/stock/shop/reserve/", {"way": "at:1"}, follow=True))
    assert "not offered any more" in page
    assert not Reservation.objects.exists()
    assert "data-until=" in text(shop.post("/stock/shop/reserve/", {"way": "split"}, follow=True))


def test_a_buyer_is_mailed_once_what_was_bought_at_which_prices(shop: Client) -> None:
    get_user_model().objects.update(email="ada@example.com")
    places("A", Store=1, Shop=2)
    put(shop, "A", 3)
    shop.post("/stock/shop/reserve/", {"way": at_shop(), "elsewhere": "on"}, follow=True)
    Product.objects.update(price=9)
    row = Reservation.objects.get()
    for _ in range(2):
        shop.post(f"/stock/shop/reservations/{row.pk}/confirm/")
    until(lambda: bool(mail.outbox), 20)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["ada@example.com"], "You have bought 3 × Thing A")
    for words in ("3 x Thing A (A), €2.00 each: €6.00", "2 to collect at Shop", "Together €6.00.", f"/stock/shop/reservations/{row.pk}/"):
        assert words in letter.body, letter.body
    assert Job.objects.filter(type="stock.tell_customer").count() == 1


def test_who_waits_for_what_is_sold_out_is_mailed_once_when_there_is_some(shop: Client) -> None:
    def wait(sku: str = "A", **form: str) -> str:
        return text(shop.post(f"/stock/shop/waiting/{sku}/", form, follow=True))

    thing = product("A")
    product("B", 1)
    assert "no e-mail address" in wait()
    get_user_model().objects.update(email="ada@example.com")
    assert "It can be had now" in wait("B")
    for _ in range(2):
        assert "You will be mailed when there is some again." in wait()
    assert "Mail me" in wait(leave="1")
    wait()
    assert [(r.product, r.wanted) for r in Refusal.objects.all()] == [(thing, 1)]
    assert waiting.watch_waiting() == 0
    ledger.post([Move(thing.pk, Location.objects.get().pk, Movement.Kind.RECEIVED, 1)], "came")
    assert [waiting.watch_waiting(), waiting.watch_waiting()] == [1, 0]
    until(lambda: bool(mail.outbox), 20)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["ada@example.com"], "Thing A can be had again")
    assert "/stock/shop/product/A/" in letter.body
    assert "None is kept for you" in letter.body
