"""Products as the staff write them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from jobs.core.errors import Conflict, InvalidInput, NotFound
from jobs.models import Tenant
from stock.models import Product

FIELDS = (
    "name",
    "description",
    "price",
    "tags",
    "active",
    "backorder",
    "supplier",
    "lead_days",
    "safety_stock",
    "low_at",
    "image",
)
MOST_TAGS = 20


class SkuTaken(Conflict):
    """There is a product of that SKU."""

    code = "sku_taken"


@transaction.atomic
def create(tenant: Tenant, sku: str, values: Mapping[str, Any]) -> Product:
    """A new product; raises SkuTaken, InvalidInput naming the fields."""
    product = Product(tenant=tenant, sku=sku.strip(), **_known(values))
    if Product.objects.filter(tenant=tenant, sku=product.sku).exists():
        raise SkuTaken(f"There is a product {product.sku!r} already.")
    _check(product)
    product.save(force_insert=True)
    return product


@transaction.atomic
def change(tenant: Tenant, sku: str, values: Mapping[str, Any]) -> Product:
    """Change these fields and no others; raises NotFound, InvalidInput naming the fields."""
    product = Product.objects.filter(tenant=tenant, sku=sku).select_for_update(no_key=True, of=("self",)).first()
    if product is None:
        raise NotFound(f"There is no product {sku[:60]!r}.")
    for name, value in _known(values).items():
        setattr(product, name, value)
    product.updated_at = timezone.now()
    _check(product)
    product.save(update_fields=[*_known(values), "updated_at"])
    return product


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: values[name] for name in FIELDS if name in values}
    if "tags" in known:
        known["tags"] = sorted({tag.strip().lower() for tag in known["tags"] if tag.strip()})
    return known


def _check(product: Product) -> None:
    fields: dict[str, str] = {}
    try:
        product.clean_fields(exclude=["tenant", "image", "supplier"])
    except ValidationError as error:
        fields = {name: " ".join(said) for name, said in error.message_dict.items()}
    if len(product.tags) > MOST_TAGS:
        fields["tags"] = f"are more than {MOST_TAGS}"
    if product.price is not None and "price" not in fields and product.price < 0:
        fields["price"] = "is negative"
    if fields:
        raise InvalidInput("The product is not right: " + "; ".join(f"{name}: {said}" for name, said in fields.items()), fields)
