"""Purchase orders on pages: the list, a new one, its lines, sent, received with a scanner, cancelled."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.core.errors import ConveyorError
from jobs.services import tenants
from stock import purchasing
from stock.models import PurchaseOrder, Supplier
from stock.queries import orders as queries
from stock.services import partners, roles
from stock.services import purchasing as verbs
from stock.web import staff

PAGE = 25


class OrderForm(forms.Form):
    """Lines come on the next page."""

    supplier = forms.ModelChoiceField(Supplier.objects.none(), required=False, empty_label="No supplier")
    location = staff.place("Deliver to")
    expected_on = forms.DateField(label="Expected on", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    once = staff.once()

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST or None)
        field: Any = self.fields["supplier"]
        field.queryset = Supplier.objects.filter(tenant=tenants.of_user(request.user))


class LineForm(forms.Form):
    sku = staff.scanned()
    quantity = staff.units(least=0)
    unit_cost = staff.cost("Unit cost")


class ArrivedForm(forms.Form):
    """What was scanned of an order."""

    sku = staff.scanned()
    quantity = staff.units()
    over = forms.BooleanField(label="Take it even if more came than was ordered", required=False)
    once = staff.once()


class InvoicedForm(ArrivedForm):
    """What the invoice says is the manager's."""

    unit_cost = staff.cost("Unit cost, if not as ordered")


@staff.for_clerks
def index(request: HttpRequest) -> HttpResponse:
    """The newest first; `state` narrows the list."""
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    rows = queries.of(tenants.of_user(request.user), state)
    found, cursor = queries.page(rows, int(before) if before.isdecimal() and len(before) < 19 else None, PAGE)
    words = {"orders": found, "state": state, "states": list(PurchaseOrder.State), "next": cursor}
    return staff.page(request, "orders", words)


@staff.for_managers
def new(request: HttpRequest) -> HttpResponse:
    form = OrderForm(request)
    if form.is_valid():
        said, tenant = form.cleaned_data, tenants.of_user(request.user)
        words = {"supplier": said["supplier"], "expected_on": said["expected_on"], "by": request.user}
        order = verbs.draft(tenant, partners.location(tenant, said["location"]), f"form:{said['once']}", {}, **words)
        return redirect("order", order.pk)
    return staff.page(request, "order_new", {"form": form}, form)


@staff.for_clerks
def order(request: HttpRequest, id: int) -> HttpResponse:
    """One order, and what can be done with it now."""
    return _page(request, id)


def _page(request: HttpRequest, id: int, **filled: forms.Form) -> HttpResponse:
    seen = queries.get(tenants.of_user(request.user), id)
    words = {"order": seen, "line_form": LineForm(), "arrived_form": _arrived(request)(), "total": _total(seen)} | filled
    return staff.page(request, "order", words, *filled.values())


def _arrived(request: HttpRequest) -> type[ArrivedForm]:
    return InvoicedForm if roles.sees_costs(request) else ArrivedForm


def _total(order: PurchaseOrder) -> Decimal | None:
    """What it costs; None while a line has no cost."""
    costs = [None if line.unit_cost is None else line.quantity * line.unit_cost for line in order.lines.all()]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


@require_POST
@staff.for_managers
def line(request: HttpRequest, id: int) -> HttpResponse:
    """Set a line of a draft; a quantity of 0 takes it off."""
    form = LineForm(request.POST)
    if not form.is_valid():
        return _page(request, id, line_form=form)
    sku, quantity, cost = form.cleaned_data["sku"].strip(), form.cleaned_data["quantity"], form.cleaned_data["unit_cost"]
    return _do(request, id, lambda tenant: verbs.revise(tenant, id, {sku: quantity}, {} if cost is None else {sku: cost}), "")


@require_POST
@staff.for_managers
def send(request: HttpRequest, id: int) -> HttpResponse:
    return _do(request, id, lambda tenant: purchasing.send(tenant, id, request.user), "Sent. It is on order now.")


@require_POST
@staff.for_managers
def cancel(request: HttpRequest, id: int) -> HttpResponse:
    return _do(request, id, lambda tenant: verbs.cancel(tenant, id), "Cancelled. Nothing more will come of it.")


def _do(request: HttpRequest, id: int, act: Any, done: str) -> HttpResponse:
    tenant = tenants.of_user(request.user)
    queries.get(tenant, id)
    try:
        act(tenant)
    except ConveyorError as error:
        messages.error(request, error.detail)
    else:
        if done:
            messages.success(request, done)
    return redirect("order", id)


@require_POST
@staff.for_clerks
def receive(request: HttpRequest, id: int) -> HttpResponse:
    """One scanned product; with `all`, everything that is still due."""
    seen = queries.get(tenants.of_user(request.user), id)
    form = _arrived(request)(request.POST)
    if "all" in request.POST:
        lines = [purchasing.Arrived(sku=line.product.sku, quantity=line.due) for line in seen.lines.all() if line.due]
    elif form.is_valid():
        said = form.cleaned_data
        lines = [purchasing.Arrived(sku=said["sku"].strip(), quantity=said["quantity"], unit_cost=said.get("unit_cost"))]
    else:
        return _page(request, id, arrived_form=form)
    if lines:
        payload = purchasing.ReceiveOrder(order=id, lines=lines, over="over" in request.POST, by=request.user.pk)
        ended = staff.submit(request, purchasing.receive_order, payload, once=request.POST.get("once"))
        staff.tell(request, ended, f"{sum(line.quantity for line in lines)} booked.")
    return redirect("order", id)
