"""The shop's pages, as a browser without JavaScript has them, with a real worker behind."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from stock.models import Reservation
from tests.support.stock import drift, product


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
    put(shop, "A", 2)
    assert "data-until=" in text(shop.post("/stock/shop/reserve/", follow=True))


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
