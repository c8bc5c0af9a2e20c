"""The replenishment board: what should be ordered and why, and the click that orders it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.core.errors import ConveyorError
from jobs.services import tenants
from stock import replenishing
from stock.models import PurchaseOrder
from stock.queries.demand import DAYS
from stock.services import partners, replenishment
from stock.warehouse import Nothing
from stock.web import staff

MOST = 500


class DeliverForm(forms.Form):
    location = staff.place("Deliver to")


@staff.for_clerks
def board(request: HttpRequest) -> HttpResponse:
    tenant = tenants.of_user(request.user)
    rows = list(replenishment.board(tenant)[:MOST])
    last = PurchaseOrder.objects.filter(tenant=tenant).select_related("location").first()
    form = DeliverForm(initial={"location": last.location.name if last else ""})
    words = {"proposals": rows, "open": [row for row in rows if row.order_id is None], "form": form, "days": DAYS}
    return staff.page(request, "replenish", words)


@require_POST
@staff.for_managers
def propose(request: HttpRequest) -> HttpResponse:
    """Look at demand anew."""
    staff.tell(request, staff.submit(request, replenishing.propose, Nothing()), "Looked at demand anew.")
    return redirect("replenish")


@require_POST
@staff.for_managers
def order(request: HttpRequest) -> HttpResponse:
    """Turn what is ticked into drafts. A second press finds the orders that the first has made."""
    tenant, form = tenants.of_user(request.user), DeliverForm(request.POST)
    try:
        units = {sku: _units(request.POST.get(f"quantity {sku}", "")) for sku in request.POST.getlist("sku")}
        if not form.is_valid() or not units:
            raise forms.ValidationError("Say where it is to be delivered." if units else "Tick what is to be ordered.")
        place = partners.location(tenant, form.cleaned_data["location"])
        made = replenishment.order(tenant, request.POST.get("run", "")[:120], place, units, request.user)
    except forms.ValidationError as error:
        messages.error(request, error.message)
    except ConveyorError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"{', '.join(map(str, made))}: drafted. Look through and send.")
        return redirect("order", made[0].pk) if len(made) == 1 else redirect("orders")
    return redirect("replenish")


def _units(said: str) -> int:
    if not said.isdecimal() or not 1 <= int(said[:9]) <= 1_000_000:
        raise forms.ValidationError(f"{said[:20]!r} is no quantity: it is 1 to 1,000,000.")
    return int(said)
