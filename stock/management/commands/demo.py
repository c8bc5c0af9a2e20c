"""Something to look at on the first day: a small shop, whose stock is brought in by a job like any other."""

import csv
import uuid
from io import BytesIO, StringIO
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import transaction

from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from stock.demo import pictures
from stock.demo.goods import Ware, wares
from stock.models import Location, Product
from stock.services import imports, products
from stock.tasks import ImportProducts, import_products

NAME = "demo.csv"
SHOP = "Shop"
PLACES = ("North", SHOP)


class Command(BaseCommand):
    help = "Load demo data once: makes products with pictures, and submits the import of their price list."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.get(slug=DEFAULT_TENANT)
        if Product.objects.filter(tenant=tenant).exists():
            return
        Location.objects.get_or_create(tenant=tenant, name=SHOP, defaults={"pickup": True})
        all_wares = list(wares())
        for ware in all_wares:
            _make(tenant, ware)
        upload = imports.keep(tenant.pk, NAME, File(BytesIO(_price_list(all_wares).encode())))
        import_products.submit(ImportProducts(upload=upload.pk), tenant=tenant, key=f"upload:{upload.pk}", tags=["demo"])


def _make(tenant: Tenant, ware: Ware) -> None:
    values = {"name": ware.name, "description": ware.description, "price": ware.price, "tags": ware.tags, "backorder": ware.backorder}
    product = products.create(tenant, ware.sku, values)
    product.image.save(f"{uuid.uuid4()}.png", ContentFile(pictures.png(ware.drawing, ware.colour)))


def _price_list(all_wares: list[Ware]) -> str:
    """Half of each lies in the shop, the rest in the store."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sku", "name", "price", "quantity", "location"])
    for ware in all_wares:
        for place, units in zip(PLACES, (ware.units - ware.units // 2, ware.units // 2), strict=True):
            writer.writerow([ware.sku, ware.name, ware.price, units, place])
    return text.getvalue()
