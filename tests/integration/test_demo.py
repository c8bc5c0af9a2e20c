"""The demo data: there after the first start, and loaded once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command

from jobs.models import Job
from stock.models import Product


def test_demo_products_are_imported_by_a_job_once(ended: Callable[[Job], Job], settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR = tmp_path
    call_command("demo")
    call_command("demo")
    (job,) = Job.objects.all()
    assert ended(job).result["created"] == Product.objects.count() == 60
