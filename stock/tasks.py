"""The jobs of stock."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from pydantic import BaseModel

from jobs.core.errors import NotAllowed, TooLarge
from jobs.declare import Backoff, GiveUp, JobContext, Payload, job
from jobs.models import Job, Tenant
from stock import alerts as alerts
from stock import checkout as checkout
from stock import counting as counting
from stock import papers as papers
from stock import purchasing as purchasing
from stock import replenishing as replenishing
from stock import reporting as reporting
from stock import selling as selling
from stock import waiting as waiting
from stock import warehouse as warehouse
from stock.models import Upload
from stock.services import imports, price_list
from stock.services.price_list import BadFile, Row, Wrong

CHUNK = 500


class ImportProducts(Payload):
    upload: UUID
    dry_run: bool = False


class ImportReport(BaseModel):
    lines: int
    created: int
    updated: int
    wrong: int
    dry_run: bool


@job("stock.import", queue="bulk", timeout=timedelta(minutes=10), retry=Backoff(max_attempts=5, give_up_on=(BadFile,)), internal=True)
def import_products(ctx: JobContext, payload: ImportProducts) -> ImportReport:
    """Bring a supplier's price list in."""
    upload = Upload.objects.filter(pk=payload.upload, tenant__slug=ctx.tenant).first()
    if upload is None:
        raise GiveUp(f"There is no upload {payload.upload}.")
    tally = imports.Tally()
    with upload.file.open("rb") as file:
        total = max(price_list.count_lines(file) - 1, 1)
        ctx.progress(0, total, "reading")
        for chunk in _chunks(price_list.rows(file)):
            imports.take(upload, chunk, tally, dry_run=payload.dry_run)
            ctx.progress(min(tally.lines, total), total, f"{tally.created} new, {tally.updated} known, {tally.wrong} wrong")
    return ImportReport(lines=tally.lines, created=tally.created, updated=tally.updated, wrong=tally.wrong, dry_run=payload.dry_run)


@transaction.atomic
def submit_import(tenant: Tenant, file: "UploadedFile[Any]", *, dry_run: bool, user: Any = None, costs: bool = False) -> Job:
    """Keep an uploaded price list and submit the job that brings it in; raises TooLarge, and NotAllowed for a list that says what
    things cost, but with `costs`."""
    if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
        raise TooLarge(f"The file has more than {settings.MAX_UPLOAD_BYTES} bytes.")
    if not costs and _tells_costs(file):
        raise NotAllowed("What things cost is for managers: leave the column out, or ask one.")
    upload = imports.keep(tenant.pk, file.name or "price list", file, user)
    payload = ImportProducts(upload=upload.pk, dry_run=dry_run)
    return import_products.submit(payload, tenant=tenant, key=f"upload:{upload.pk}", submitted_by=user)


def _tells_costs(file: "UploadedFile[Any]") -> bool:
    """A file that can't be read says nothing: the job tells why."""
    try:
        return price_list.tells_costs(file)
    except BadFile:
        return False
    finally:
        file.seek(0)


def _chunks(rows: Iterator[Row | Wrong]) -> Iterator[list[Row | Wrong]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
