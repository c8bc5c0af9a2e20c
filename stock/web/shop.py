"""Looking: the catalogue, and a product with what is free of it now."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from jobs.services import tenants
from stock.models import Product
from stock.queries import catalogue as queries

PAGE = 24


@login_required
def catalogue(request: HttpRequest) -> HttpResponse:
    """Products for sale; `q`, `tag` and `in_stock` narrow the list, `after` is the last SKU of the page before."""
    asked = request.GET
    q, tag, in_stock = asked.get("q", "").strip().replace("\0", ""), asked.get("tag", "").replace("\0", ""), asked.get("in_stock") == "on"
    tenant = tenants.of_user(request.user)
    rows = queries.search(tenant, q=q, tag=tag, in_stock=in_stock)
    found = list(rows.filter(sku__gt=asked.get("after", "").replace("\0", "")).order_by("sku")[: PAGE + 1])
    following = asked.copy()
    following["after"] = found[PAGE - 1].sku if len(found) > PAGE else ""
    words = {"products": found[:PAGE], "q": q, "tag": tag, "in_stock": in_stock, "tags": queries.tags(tenant), "total": rows.count()}
    return render(request, "shop/catalogue.html", words | {"next": following.urlencode() if len(found) > PAGE else ""})


def the_product(request: HttpRequest, sku: str) -> Product:
    product = queries.of(tenants.of_user(request.user)).filter(sku=sku).first()
    if product is None:
        raise Http404(f"{sku} is not for sale.")
    return product


@login_required
def product(request: HttpRequest, sku: str) -> HttpResponse:
    """One product; asked by htmx, only what is free of it."""
    shown = the_product(request, sku)
    template = "shop/available.html" if request.htmx else "shop/product.html"  # type: ignore[attr-defined]
    return render(request, template, {"product": shown})
