"""The demo data: there after the first start, and loaded once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command
from PIL import Image

from jobs.models import Job
from stock.demo import pictures
from stock.demo.goods import wares
from stock.models import Product
from stock.services import levels


def test_the_demo_shop_has_pictures_and_its_stock_is_imported_by_a_job_once(
    ended: Callable[[Job], Job], settings: Any, tmp_path: Path
) -> None:
    settings.UPLOAD_DIR = tmp_path
    call_command("demo")
    call_command("demo")
    (job,) = Job.objects.all()
    assert ended(job).result["wrong"] == 0
    products = {product.sku: product for product in levels.with_available(Product.objects.all())}
    assert len(products) == len(list(wares())) == 30
    for ware in wares():
        product: Any = products[ware.sku]
        assert (product.name, product.available, set(product.tags)) == (ware.name, ware.units, set(ware.tags))
        with Image.open(product.image.path) as picture:
            assert picture.size == pictures.SIZE
