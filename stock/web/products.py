"""Products on the staff's pages: a new one, its details, its picture; and what is low."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from jobs.core.errors import Conflict, InvalidInput
from jobs.services import tenants
from stock import warehouse
from stock.models import Product, Supplier
from stock.queries import costs, shelves
from stock.services import products as verbs
from stock.web import staff

MOST_BYTES = 5_000_000
KINDS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    """`tags` are words with commas between them."""

    tags = forms.CharField(required=False, max_length=400, help_text="Words with commas between them: garden, blue.")

    class Meta:
        model = Product
        fields = ("sku", *verbs.FIELDS)
        widgets = {"description": forms.Textarea(attrs={"rows": 4}), "image": forms.FileInput(attrs={"accept": "image/*"})}

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        initial = {"tags": ", ".join(product.tags)} if product else {}
        super().__init__(request.POST or None, request.FILES or None, instance=product, initial=initial)
        supplier: Any = self.fields["supplier"]
        supplier.queryset = Supplier.objects.filter(tenant=tenants.of_user(request.user))
        supplier.empty_label = "No supplier"
        self.fields["low_at"].label, self.fields["lead_days"].label = "Alert at", "Lead time in days"
        if product:
            del self.fields["sku"]

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]

    def clean_image(self) -> Any:
        image = self.cleaned_data["image"]
        if getattr(image, "image", None) is None:
            return image
        if image.size > MOST_BYTES or image.image.format not in KINDS:
            raise forms.ValidationError("A picture is a JPEG, PNG or WebP of up to 5 MB.")
        # Never the uploader's name: it says what kind of file it is to be served as.
        image.name = f"{uuid.uuid4()}.{KINDS[image.image.format]}"
        return image

    def values(self) -> dict[str, Any]:
        """What was said, without a picture where none was chosen."""
        return {name: value for name, value in self.cleaned_data.items() if name != "sku" and (name != "image" or "image" in self.files)}

    def _post_clean(self) -> None:
        """The service writes and checks, so the form's own copy of the product stays as it was."""


@staff.for_managers
def new(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request, None)
    if form.is_valid():
        try:
            made = verbs.create(tenants.of_user(request.user), form.cleaned_data["sku"], form.values())
        except (Conflict, InvalidInput) as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, f"{made.sku} is there.")
            return redirect("product-edit", made.sku)
    return staff.page(request, "product", {"form": form, "product": None}, form)


@staff.for_managers
def edit(request: HttpRequest, sku: str) -> HttpResponse:
    tenant = tenants.of_user(request.user)
    product = Product.objects.filter(tenant=tenant, sku=sku).first()
    if product is None:
        raise Http404(f"There is no product {sku}.")
    form = ProductForm(request, product)
    if form.is_valid():
        try:
            verbs.change(tenant, sku, form.values())
        except InvalidInput as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, "Saved.")
            return redirect("product-edit", sku)
    return staff.page(request, "product", {"form": form, "product": product}, form)


class CostForm(forms.Form):
    unit_cost = staff.cost("Unit cost", required=True)
    why = forms.CharField(max_length=200, help_text="Stands in the ledger.")
    once = staff.once()


@staff.for_managers
def revalue(request: HttpRequest, sku: str) -> HttpResponse:
    """Say what a unit cost, by a job: a revaluation in the ledger."""
    product = Product.objects.filter(tenant=tenants.of_user(request.user), sku=sku).select_related("valuation").first()
    if product is None:
        raise Http404(f"There is no product {sku}.")
    form = CostForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        payload = warehouse.Revalue(sku=sku, unit_cost=said["unit_cost"], why=said["why"], by=request.user.pk)
        staff.tell(request, staff.submit(request, warehouse.revalue, payload, once=said["once"]), "What there is costs that now.")
        return redirect("product-cost", sku)
    worth = getattr(product, "valuation", None)
    words = {"form": form, "product": product, "worth": worth, "bought": costs.bought(product), "moves": costs.history(product)}
    return staff.page(request, "product_cost", words, form)


@login_required
def image(request: HttpRequest, id: int) -> HttpResponse:
    """The picture, for whoever may see the shop."""
    product = Product.objects.filter(tenant=tenants.of_user(request.user), pk=id).exclude(image="").first()
    name = str(product.image.name) if product else ""
    kind = TYPES.get(name.rpartition(".")[2])
    if product is None or kind is None or not product.image.storage.exists(name):
        raise Http404("There is no picture.")
    # Read at once: a picture is small, and an event loop has no use for a file that is read bit by bit.
    with product.image.open("rb") as file:
        answer = HttpResponse(file.read(), content_type=kind)
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


@staff.for_clerks
def low(request: HttpRequest) -> HttpResponse:
    """What is low this moment."""
    return staff.page(request, "low", {"products": shelves.low(tenants.of_user(request.user))[:200]})
