"""The pages of stock: products, and the upload of a price list."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from jobs.services import tenants
from stock import tasks
from stock.models import Product
from stock.services import price_list, roles
from stock.web import staff

PAGE = 50


class PriceListForm(forms.Form):
    """A file that can be read as a price list, at least at its start: the job reads the rest."""

    file = forms.FileField(
        label="Price list",
        error_messages={"required": "Choose a CSV file first.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv", "class": "drop", "aria-describedby": "file-help"}),
    )
    dry_run = forms.BooleanField(label="Only check it, change nothing", required=False)

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(*((request.POST, request.FILES) if request.method == "POST" else ()))
        self.costs = roles.sees_costs(request)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(f"The file has more than {settings.MAX_UPLOAD_BYTES // 1_000_000} MB.")
        try:
            next(price_list.rows(file), None)
            file.seek(0)
            if price_list.tells_costs(file) and not self.costs:
                raise forms.ValidationError("What things cost is for managers: leave the column “cost” out, or ask one.")
        except price_list.BadFile as error:
            raise forms.ValidationError(str(error)) from error
        file.seek(0)
        return file


@staff.for_clerks
def import_list(request: HttpRequest) -> HttpResponse:
    """Take a price list, submit its import, and go and watch the job."""
    form = PriceListForm(request)
    if form.is_valid():
        file, dry_run = form.cleaned_data["file"], form.cleaned_data["dry_run"]
        job = tasks.submit_import(tenants.of_user(request.user), file, dry_run=dry_run, user=request.user, costs=form.costs)
        return redirect("job", job.pk)
    words = {"form": form, "columns": price_list.COLUMNS}
    return staff.page(request, "import", words, form)


@staff.for_clerks
def products(request: HttpRequest) -> HttpResponse:
    """Products by SKU; `q` is a part of the SKU or the name."""
    wanted, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    rows = Product.objects.filter(tenant=tenants.of_user(request.user))
    if wanted:
        rows = rows.filter(Q(sku__icontains=wanted) | Q(name__icontains=wanted))
    total = rows.count()
    found = list(rows.filter(sku__gt=after).order_by("sku").select_related("valuation").prefetch_related("levels__location")[: PAGE + 1])
    cursor = found[PAGE - 1].sku if len(found) > PAGE else ""
    return staff.page(request, "products", {"products": found[:PAGE], "next": cursor, "q": wanted, "total": total, "after": after})
