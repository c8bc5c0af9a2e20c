"""The cart: kept in the session until it is reserved."""

import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from jobs.services import tenants
from stock.queries import catalogue
from stock.web import ways
from stock.web.live import live
from stock.web.shop import the_product

MOST_LINES, MOST_UNITS = 50, 10_000


def lines_of(request: HttpRequest) -> dict[str, int]:
    return dict(request.session.get("cart", {}))


def keep(request: HttpRequest, lines: dict[str, int]) -> None:
    """A changed cart is another request: it has a key of its own, so that a doubled click reserves once."""
    request.session["cart"] = lines
    request.session["cart_prices"] = {sku: price for sku, price in _prices(request).items() if sku in lines}
    request.session["cart_key"] = uuid.uuid4().hex


def _prices(request: HttpRequest) -> dict[str, str]:
    """What each product cost when it was put in, or when its new price was last shown."""
    return dict(request.session.get("cart_prices", {}))


@login_required
@live
def show(request: HttpRequest) -> HttpResponse:
    """What is in the cart at today's prices; a price that has changed since is said once."""
    rows = [_row(request, product, units) for product, units in _content(request)]
    gone = sorted(set(lines_of(request)) - {row["product"].sku for row in rows})
    request.session["cart_prices"] = {row["product"].sku: str(row["product"].price) for row in rows}
    total = sum((row["price"] for row in rows), Decimal(0))
    words = {"rows": rows, "gone": gone, "total": total, "most": MOST_UNITS}
    return render(request, "shop/cart.html", words | ways.words(request, {row["product"].sku: row["quantity"] for row in rows}))


def _content(request: HttpRequest) -> list[tuple[Any, int]]:
    lines = lines_of(request)
    products = catalogue.of(tenants.of_user(request.user)).filter(sku__in=lines).order_by("sku")
    return [(product, lines[product.sku]) for product in products]


def _row(request: HttpRequest, product: Any, units: int) -> dict[str, Any]:
    was = Decimal(_prices(request).get(product.sku, product.price))
    missing = max(units - product.available, 0)
    return {
        "product": product,
        "quantity": units,
        "price": product.price * units,
        "was": was if was != product.price else None,
        "owed": missing if product.backorder else 0,
        "short": bool(missing) and not product.backorder,
        "others": bool(missing) and not product.backorder and catalogue.alternatives(product, 1),
    }


@login_required
@require_POST
def put(request: HttpRequest, sku: str) -> HttpResponse:
    """So many of a product in the cart; none takes it out, also when it is no longer for sale."""
    lines = lines_of(request)
    quantity = asked_for(request)
    if quantity == 0:
        keep(request, {other: units for other, units in lines.items() if other != sku})
        messages.success(request, f"{sku} is taken out.")
        return redirect("cart")
    product = the_product(request, sku)
    if quantity is None:
        messages.error(request, f"The quantity is a whole number up to {MOST_UNITS}.")
        return redirect("product", sku)
    if sku not in lines and len(lines) >= MOST_LINES:
        messages.error(request, f"A cart has at most {MOST_LINES} products.")
        return redirect("cart")
    keep(request, lines | {sku: quantity})
    request.session["cart_prices"] |= {sku: str(product.price)}
    messages.success(request, f"{product.name}: {quantity} in the cart.")
    return redirect("cart")


def asked_for(request: HttpRequest) -> int | None:
    """The quantity of the form; None where it is none."""
    text = request.POST.get("quantity", "1")
    quantity = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
    return quantity if 0 <= quantity <= MOST_UNITS else None
