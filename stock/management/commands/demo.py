"""Something to look at on the first day: a few products, brought in by a job like any other."""

from io import BytesIO, StringIO
from typing import Any

from django.core.files import File
from django.core.management import call_command
from django.core.management.base import BaseCommand

from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from stock.models import Product, Upload
from stock.services import imports
from stock.tasks import ImportProducts, import_products

NAME = "demo.csv"
LINES = 60


class Command(BaseCommand):
    help = "Load demo data once: submits the import of a small price list."

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.get(slug=DEFAULT_TENANT)
        if Product.objects.filter(tenant=tenant).exists() or Upload.objects.filter(tenant=tenant, name=NAME).exists():
            return
        text = StringIO()
        call_command("sample_price_list", "-", lines=LINES, stdout=text)
        upload = imports.keep(tenant.pk, NAME, File(BytesIO(text.getvalue().encode())))
        import_products.submit(ImportProducts(upload=upload.pk), tenant=tenant, key=f"upload:{upload.pk}", tags=["demo"])
