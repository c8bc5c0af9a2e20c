"""The warehouse's pages, for clerks: receive with a scanner, transfer, look into the ledger at any moment."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from jobs.services import tenants
from stock import warehouse
from stock.queries import ledger as queries
from stock.services import roles
from stock.web import staff

LAST, MOST = 50, 200


class ReceiveForm(forms.Form):
    """Location and quantity are filled: so each scan of a SKU is a receipt."""

    location = staff.place()
    quantity = staff.units()
    sku = staff.scanned()
    once = staff.once()


class CostlyForm(ReceiveForm):
    """What one was paid for is the manager's."""

    unit_cost = staff.cost("Unit cost, if not the average")


class ReturnForm(ReceiveForm):
    why = forms.CharField(label="Why", max_length=200, required=False)


class AdjustForm(CostlyForm):
    """Fewer is a negative number."""

    quantity = forms.IntegerField(label="So many more", min_value=-1_000_000, max_value=1_000_000, help_text="Negative for fewer.")
    why = forms.CharField(label="Why", max_length=200, help_text="Broken, lost, found: it stands in the ledger.")


class TransferForm(forms.Form):
    sku = staff.scanned()
    from_location = staff.place("From")
    to_location = staff.place("To")
    quantity = staff.units()
    once = staff.once()


@staff.for_clerks
def receive(request: HttpRequest) -> HttpResponse:
    """After each receipt the form is there again, at the same location."""
    initial = {"location": request.session.get("receive_at", ""), "quantity": 1}
    form = (CostlyForm if roles.sees_costs(request) else ReceiveForm)(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        request.session["receive_at"] = form.cleaned_data["location"]
        _do(request, form, warehouse.receive, warehouse.Receive)
        return redirect("receive")
    return _page(request, form, "Receive")


@staff.for_clerks
def take_back(request: HttpRequest) -> HttpResponse:
    """What a customer returns."""
    form = ReturnForm(request.POST or None, initial={"location": request.session.get("receive_at", ""), "quantity": 1})
    if request.method == "POST" and form.is_valid():
        _do(request, form, warehouse.take_back, warehouse.Receive)
        return redirect("take-back")
    return _page(request, form, "Take back")


@staff.for_clerks
def transfer(request: HttpRequest) -> HttpResponse:
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _do(request, form, warehouse.transfer, warehouse.Transfer)
        return redirect("transfer")
    return _page(request, form, "Transfer")


@staff.for_managers
def adjust(request: HttpRequest) -> HttpResponse:
    """Correct the books by hand."""
    form = AdjustForm(request.POST or None, initial={"location": request.session.get("receive_at", "")})
    if request.method == "POST" and form.is_valid():
        _do(request, form, warehouse.adjust, warehouse.Adjust)
        return redirect("adjust")
    return _page(request, form, "Adjust")


def _page(request: HttpRequest, form: forms.Form, title: str) -> HttpResponse:
    last = queries.movements(tenants.of_user(request.user))[:10]
    return staff.page(request, "warehouse", {"form": form, "title": title, "last": last}, form)


def _do(request: HttpRequest, form: forms.Form, verb: Any, kind: Any) -> None:
    said = {name: value for name, value in form.cleaned_data.items() if name != "once"}
    ended = staff.submit(request, verb, kind(**said, by=request.user.pk), once=form.cleaned_data["once"])
    staff.tell(request, ended, f"{said['sku']}: {said['quantity']} booked.")


class MomentForm(forms.Form):
    sku = forms.CharField(label="SKU", max_length=60, required=False)
    as_of = forms.DateTimeField(label="As of", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))


@staff.for_clerks
def ledger(request: HttpRequest) -> HttpResponse:
    """What lay where at a moment, and the movements up to it."""
    form = MomentForm(request.GET)
    valid = form.is_valid()
    moment, sku = (form.cleaned_data.get("as_of") or timezone.now(), form.cleaned_data.get("sku", "")) if valid else (timezone.now(), "")
    tenant = tenants.of_user(request.user)
    lines = queries.movements(tenant, sku).filter(at__lte=moment)[:LAST]
    words = {"form": form, "moment": moment, "levels": queries.as_of(tenant, moment, sku, MOST), "movements": lines, "most": MOST}
    words |= {"worth": queries.worth(tenant, moment, sku)} if roles.sees_costs(request) else {}
    return staff.page(request, "ledger", words, form)
