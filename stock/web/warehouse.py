"""The warehouse's pages, for clerks: receive with a scanner, transfer, look into the ledger at any moment."""

from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from jobs.api import waiting
from jobs.services import tenants
from stock import warehouse
from stock.models import Location
from stock.queries import ledger as queries
from stock.services import roles

PATIENCE = 5.0
LAST = 50


def for_clerks(view: Any) -> Any:
    """Sign in first; without the role it is not allowed."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if roles.CLERK not in roles.groups_of(request.user):
            raise PermissionDenied
        return view(request)  # type: ignore[no-any-return]

    return login_required(guarded)


def _place(label: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=60, widget=forms.TextInput(attrs={"list": "locations", "autocomplete": "off"}))


def _units() -> forms.IntegerField:
    return forms.IntegerField(label="Quantity", min_value=1, max_value=1_000_000, initial=1)


class ReceiveForm(forms.Form):
    """A scanner types the SKU and presses Enter: so it is the field that has the focus, and location and quantity are filled."""

    location = _place("Location")
    quantity = _units()
    sku = forms.CharField(label="SKU", max_length=60, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}))


class TransferForm(forms.Form):
    sku = forms.CharField(label="SKU", max_length=60)
    from_location = _place("From")
    to_location = _place("To")
    quantity = _units()


@for_clerks
def receive(request: HttpRequest) -> HttpResponse:
    """After each receipt the form is there again, at the same location."""
    initial = {"location": request.session.get("receive_at", ""), "quantity": 1}
    form = ReceiveForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        request.session["receive_at"] = form.cleaned_data["location"]
        _do(request, warehouse.receive, warehouse.Receive(**form.cleaned_data, by=request.user.pk))
        return redirect("receive")
    return _form(request, form, "Receive")


@for_clerks
def transfer(request: HttpRequest) -> HttpResponse:
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _do(request, warehouse.transfer, warehouse.Transfer(**form.cleaned_data, by=request.user.pk))
        return redirect("transfer")
    return _form(request, form, "Transfer")


def _form(request: HttpRequest, form: forms.Form, title: str) -> HttpResponse:
    tenant = tenants.of_user(request.user)
    words = {"form": form, "title": title, "locations": Location.objects.filter(tenant=tenant), "last": queries.movements(tenant)[:10]}
    return render(request, "stock/warehouse.html", words, status=422 if form.errors else 200)


def _do(request: HttpRequest, verb: Any, payload: Any) -> None:
    job = verb.submit(payload, tenant=tenants.of_user(request.user), submitted_by=request.user)
    ended = waiting.await_end(job, PATIENCE)
    if ended is None or ended.result is None:
        messages.info(request, "It is on its way; its job tells how it ends.")
    elif ended.result.get("code"):
        messages.error(request, ended.result["detail"])
    else:
        messages.success(request, f"{payload.sku}: {payload.quantity} booked.")


class MomentForm(forms.Form):
    sku = forms.CharField(label="SKU", max_length=60, required=False)
    as_of = forms.DateTimeField(label="As of", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))


@for_clerks
def ledger(request: HttpRequest) -> HttpResponse:
    """What lay where at a moment, and the movements up to it."""
    form = MomentForm(request.GET)
    valid = form.is_valid()
    moment, sku = (form.cleaned_data.get("as_of") or timezone.now(), form.cleaned_data.get("sku", "")) if valid else (timezone.now(), "")
    tenant = tenants.of_user(request.user)
    lines = queries.movements(tenant, sku).filter(at__lte=moment)[:LAST]
    words = {"form": form, "moment": moment, "levels": queries.as_of(tenant, moment, sku)[:200], "movements": lines}
    return render(request, "stock/ledger.html", words, status=200 if valid else 422)
