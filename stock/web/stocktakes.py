"""Stocktakes on pages: begin, count with a scanner, look at the differences, apply."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.core.errors import ConveyorError
from jobs.services import tenants
from stock import counting
from stock.queries import stocktakes as queries
from stock.queries.stocktakes import Show
from stock.services import counting as verbs
from stock.services import partners
from stock.web import staff

PAGE = 50


class StartForm(forms.Form):
    location = staff.place()


class CountForm(forms.Form):
    """A scan adds one; a number that was counted by hand is set."""

    sku = staff.scanned()
    quantity = staff.units(least=0)
    add = forms.BooleanField(label="Add to what was counted before", required=False, initial=True)
    once = staff.once()


class ApplyForm(forms.Form):
    missing = forms.BooleanField(label="What was not counted is not there: book it as nothing", required=False)


@staff.for_clerks
def index(request: HttpRequest) -> HttpResponse:
    """Stocktakes, and the form that begins one."""
    form, tenant = StartForm(request.POST or None), tenants.of_user(request.user)
    if form.is_valid():
        made = verbs.start(tenant, partners.location(tenant, form.cleaned_data["location"]), request.user)
        return redirect("stocktake", made.pk)
    return staff.page(request, "stocktakes", {"form": form, "stocktakes": queries.of(tenant)[:PAGE]}, form)


@staff.for_clerks
def stocktake(request: HttpRequest, id: int) -> HttpResponse:
    """Count, and review."""
    return _page(request, id, CountForm(initial={"quantity": 1, "add": request.session.get("count_adds", True)}))


def _page(request: HttpRequest, id: int, form: forms.Form) -> HttpResponse:
    seen = queries.get(tenants.of_user(request.user), id)
    show, after = request.GET.get("show", Show.ALL.value), request.GET.get("after", "").replace("\0", "")
    lines, cursor = queries.lines(seen, show, after, PAGE)
    words = {"stocktake": seen, "form": form, "apply_form": ApplyForm(), "lines": lines, "next": cursor, "show": show, "views": list(Show)}
    return staff.page(request, "stocktake", words, form)


@require_POST
@staff.for_clerks
def count(request: HttpRequest, id: int) -> HttpResponse:
    """Note one count, and be ready for the next scan."""
    tenant, form = tenants.of_user(request.user), CountForm(request.POST)
    queries.get(tenant, id)
    if not form.is_valid():
        return _page(request, id, form)
    said = form.cleaned_data
    request.session["count_adds"] = said["add"]
    try:
        line = verbs.count(
            tenant, id, said["sku"].strip(), said["quantity"], add=said["add"], scan=str(said["once"] or ""), by=request.user
        )
    except ConveyorError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"{line.product.sku}: {line.counted} counted, {line.expected} expected.")
    return redirect("stocktake", id)


@require_POST
@staff.for_managers
def apply(request: HttpRequest, id: int) -> HttpResponse:
    """By a job; a second press finds it applied."""
    queries.get(tenants.of_user(request.user), id)
    payload = counting.ApplyCount(stocktake=id, missing="missing" in request.POST, by=request.user.pk)
    staff.tell(request, staff.submit(request, counting.apply_count, payload), "Applied. The books are what was counted.")
    return redirect("stocktake", id)


@require_POST
@staff.for_managers
def cancel(request: HttpRequest, id: int) -> HttpResponse:
    tenant = tenants.of_user(request.user)
    queries.get(tenant, id)
    try:
        verbs.cancel(tenant, id)
    except ConveyorError as error:
        messages.error(request, error.detail)
    return redirect("stocktakes")
