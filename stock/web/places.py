"""Suppliers and locations on pages."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from jobs.core.errors import Conflict, InvalidInput
from jobs.models import Tenant
from jobs.services import tenants
from stock.models import Location, Supplier
from stock.queries import orders, places
from stock.services import partners, roles
from stock.web import staff


class SupplierForm(forms.Form):
    name = forms.CharField(max_length=120)
    email = forms.EmailField(required=False, label="E-mail", help_text="Orders are mailed there.")


class LocationForm(forms.Form):
    name = forms.CharField(max_length=60)
    parent = forms.CharField(
        required=False, max_length=60, label="Lies in", widget=forms.TextInput(attrs={"list": "locations", "autocomplete": "off"})
    )
    pickup = forms.BooleanField(required=False, label="Customers may collect here")

    def put(self, tenant: Tenant, id: int | None = None) -> Location:
        said = self.cleaned_data
        return partners.put_location(tenant, said["name"], said["parent"], id, pickup=said["pickup"])


@staff.for_clerks
def suppliers(request: HttpRequest) -> HttpResponse:
    """All of them, and the manager's form for a new one."""
    tenant, form = tenants.of_user(request.user), SupplierForm(request.POST or None)
    if done := _put(request, form, lambda said: partners.put_supplier(tenant, said["name"], said["email"]), "suppliers"):
        return done
    return staff.page(request, "suppliers", {"form": form, "suppliers": places.suppliers(tenant)[:500]}, form)


@staff.for_clerks
def supplier(request: HttpRequest, id: int) -> HttpResponse:
    """One: its address, its products, its orders."""
    tenant = tenants.of_user(request.user)
    row = Supplier.objects.filter(tenant=tenant, pk=id).first()
    if row is None:
        raise Http404(f"There is no supplier {id}.")
    form = SupplierForm(request.POST or None, initial={"name": row.name, "email": row.email})
    if done := _put(request, form, lambda said: partners.put_supplier(tenant, said["name"], said["email"], id), "suppliers"):
        return done
    words = {"form": form, "supplier": row, "products": row.products.all()[:100], "orders": orders.of(tenant).filter(supplier=row)[:25]}
    return staff.page(request, "supplier", words, form)


@staff.for_clerks
def locations(request: HttpRequest) -> HttpResponse:
    """The tree, and the manager's form for a new one."""
    tenant, form = tenants.of_user(request.user), LocationForm(request.POST or None)
    if done := _put(request, form, lambda _: form.put(tenant), "locations"):
        return done
    return staff.page(request, "locations", {"form": form, "nodes": places.tree(tenant)}, form)


@staff.for_managers
def location(request: HttpRequest, id: int) -> HttpResponse:
    """Rename it, or move it."""
    tenant = tenants.of_user(request.user)
    row = Location.objects.filter(tenant=tenant, pk=id).select_related("parent").first()
    if row is None:
        raise Http404(f"There is no location {id}.")
    form = LocationForm(
        request.POST or None, initial={"name": row.name, "parent": row.parent.name if row.parent else "", "pickup": row.pickup}
    )
    if done := _put(request, form, lambda _: form.put(tenant, id), "locations"):
        return done
    return staff.page(request, "location", {"form": form, "location": row}, form)


def _put(request: HttpRequest, form: forms.Form, put: Callable[[dict[str, Any]], Any], back: str) -> HttpResponse | None:
    """What a manager has sent is written; None where there is a page to show."""
    if request.method != "POST":
        return None
    roles.need(request, roles.MANAGER)
    if form.is_valid():
        try:
            messages.success(request, f"{put(form.cleaned_data)}: saved.")
            return redirect(back)
        except (Conflict, InvalidInput) as error:
            form.add_error(None, error.detail)
    return None
