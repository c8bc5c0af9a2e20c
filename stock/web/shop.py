"""Looking: the catalogue, and a product with what is free of it now."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from jobs.services import tenants
from stock.models import Product
from stock.queries import catalogue as queries
from stock.queries import ways
from stock.queries.catalogue import Sort, Wish
from stock.services import waiting
from stock.web.live import live

PAGE = 24
SORTS = {Sort.NAME: "Name", Sort.CHEAP: "Price, lowest first", Sort.DEAR: "Price, highest first", Sort.NEW: "Newest"}


def _price(label: str) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, min_value=Decimal(0), max_digits=12, decimal_places=2)


class WishForm(forms.Form):
    """What narrows and orders the catalogue; what makes no sense is said, and left out."""

    q = forms.CharField(label="Find", required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"}))
    tag = forms.CharField(label="Tag", required=False, max_length=40)
    least = _price("From")
    most = _price("To")
    sort = forms.ChoiceField(label="Order by", required=False, choices=[(sort.value, title) for sort, title in SORTS.items()])
    in_stock = forms.BooleanField(label="In stock only", required=False)

    def __init__(self, asked: Any, tags: list[str]) -> None:
        super().__init__(asked, label_suffix="")
        self.fields["tag"].widget = forms.Select(choices=[("", "any"), *((tag, tag) for tag in tags)])

    def wish(self) -> Wish:
        said = {name: value for name, value in self.cleaned_data.items() if value}
        return Wish(**said | {"sort": Sort(said.get("sort", Sort.NAME))})


@login_required
@live
def catalogue(request: HttpRequest) -> HttpResponse:
    """Products for sale, a page of them in the order that was asked for."""
    tenant = tenants.of_user(request.user)
    form = WishForm(request.GET, queries.tags(tenant))
    form.full_clean()
    page = Paginator(queries.search(tenant, form.wish()), PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    narrowed = any(value for name, value in asked.items() if name != "sort")
    return render(request, "shop/catalogue.html", {"form": form, "page": page, "asked": asked.urlencode(), "narrowed": narrowed})


def the_product(request: HttpRequest, sku: str) -> Product:
    product = queries.of(tenants.of_user(request.user)).filter(sku=sku).first()
    if product is None:
        raise Http404(f"{sku} is not for sale.")
    return product


@login_required
@live
def product(request: HttpRequest, sku: str) -> HttpResponse:
    """One product, and others like it; asked by htmx, only what is free of it."""
    shown: Any = the_product(request, sku)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "shop/available.html", {"product": shown})
    words = {"product": shown, "sold_out": _sold_out(shown)}
    words["waits"] = waiting.waits(shown, request.user)
    words |= {"others": queries.alternatives(shown, 1), "shops": ways.at_shops(shown.tenant, sku)}
    return render(request, "shop/product.html", words)


def _sold_out(product: Any) -> bool:
    return bool(product.available <= 0 and not product.backorder)


@login_required
@require_POST
def wait(request: HttpRequest, sku: str) -> HttpResponse:
    """Be mailed when there is some again, or no more."""
    wanted: Any = the_product(request, sku)
    customer: Any = request.user
    if "leave" in request.POST:
        waiting.leave(wanted, customer)
        messages.success(request, "You will not be mailed about it.")
    elif not customer.email:
        messages.error(request, "Your account has no e-mail address to which that could be told.")
    elif _sold_out(wanted):
        waiting.ask(wanted, customer)
        messages.success(request, f"You will be mailed at {customer.email} when there is some again.")
    else:
        messages.info(request, "It can be had now.")
    return redirect("product", sku)
