"""Changes in bulk on a page: say what, look at it, do it."""

from itertools import islice
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from pydantic import ValidationError

from jobs.core.errors import InvalidInput
from jobs.services import tenants
from stock import papers
from stock.models import Supplier
from stock.services import bulk as verbs
from stock.web import staff

SAMPLE = 20
WORDS = {
    verbs.Kind.PRICE_BY: "Prices, by so many percent",
    verbs.Kind.PRICE_TO: "Prices, to this amount",
    verbs.Kind.UNITS_BY: "Units at a location, by so many",
}


class ChangeForm(forms.Form):
    """`expected` is what the preview has counted; the page fills it in."""

    kind = forms.ChoiceField(label="What changes", choices=list(WORDS.items()))
    amount = forms.DecimalField(max_digits=12, decimal_places=2, help_text="Negative for less.")
    location = forms.CharField(
        required=False,
        max_length=60,
        label="Location, for units",
        widget=forms.TextInput(attrs={"list": "locations", "autocomplete": "off"}),
    )
    q = forms.CharField(required=False, max_length=200, label="Only with this in SKU or name")
    tag = forms.CharField(required=False, max_length=40, label="Only with this tag")
    supplier = forms.ChoiceField(required=False, label="Only of this supplier")
    expected = forms.IntegerField(required=False, widget=forms.HiddenInput)
    once = staff.once()

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST or None)
        names = Supplier.objects.filter(tenant=tenants.of_user(request.user)).values_list("name", flat=True)
        field: Any = self.fields["supplier"]
        field.choices = [("", "any"), *((name, name) for name in names)]

    def payload(self, by: int) -> papers.Change:
        said = {name: value for name, value in self.cleaned_data.items() if name != "once"}
        return papers.Change(**said | {"expected": said["expected"] or 0, "by": by})


@staff.for_managers
def change(request: HttpRequest) -> HttpResponse:
    """Without `do`, a look at what would change; with it, the job."""
    form = ChangeForm(request)
    words: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            payload = form.payload(request.user.pk or 0)
            if "do" in request.POST:
                return _submit(request, form, payload)
            words |= _preview(request, payload)
        except ValidationError as error:
            form.add_error(None, error.errors()[0]["msg"].removeprefix("Value error, "))
        except InvalidInput as error:
            form.add_error(None, error.detail)
    return staff.page(request, "bulk", words, form)


def _preview(request: HttpRequest, payload: papers.Change) -> dict[str, Any]:
    tenant, change = tenants.of_user(request.user), payload.change()
    rows = verbs.products(tenant, change)
    return {"sample": list(islice(verbs.effects(tenant, change, rows[:SAMPLE]), SAMPLE)), "count": rows.count(), "looked": True}


def _submit(request: HttpRequest, form: ChangeForm, payload: papers.Change) -> HttpResponse:
    key = f"form:{form.cleaned_data['once']}"
    job = papers.change.submit(payload, tenant=tenants.of_user(request.user), key=key, submitted_by=request.user)
    return redirect("job", job.pk)
