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
from stock.web.shop import the_product

MOST_LINES, MOST_UNITS = 50, 10_000


def lines_of(request: HttpRequest) -> dict[str, int]:
    return dict(request.session.get("cart", {}))


def keep(request: HttpRequest, lines: dict[str, int]) -> None:
    """A changed cart is another request: it has a key of its own, so that a doubled click reserves once."""
    request.session["cart"] = lines
    request.session["cart_key"] = uuid.uuid4().hex


@login_required
def show(request: HttpRequest) -> HttpResponse:
    lines = lines_of(request)
    products = catalogue.of(tenants.of_user(request.user)).filter(sku__in=lines).order_by("sku")
    rows: list[dict[str, Any]] = [{"product": p, "quantity": lines[p.sku], "price": p.price * lines[p.sku]} for p in products]
    return render(request, "shop/cart.html", {"rows": rows, "total": sum((row["price"] for row in rows), Decimal(0)), "most": MOST_UNITS})


@login_required
@require_POST
def put(request: HttpRequest, sku: str) -> HttpResponse:
    """So many of a product in the cart; none takes it out."""
    product, lines = the_product(request, sku), lines_of(request)
    text = request.POST.get("quantity", "1")
    quantity = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
    if not 0 <= quantity <= MOST_UNITS:
        messages.error(request, f"The quantity is a whole number up to {MOST_UNITS}.")
        return redirect("product", sku)
    if quantity and sku not in lines and len(lines) >= MOST_LINES:
        messages.error(request, f"A cart has at most {MOST_LINES} products.")
        return redirect("cart")
    lines[sku] = quantity
    keep(request, {sku: units for sku, units in lines.items() if units})
    messages.success(request, f"{product.name}: {quantity} in the cart." if quantity else f"{product.name} is taken out.")
    return redirect("cart")
