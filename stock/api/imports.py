"""Price lists in, products out."""

import csv
from io import StringIO
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Router
from ninja.files import UploadedFile

from jobs.api import waiting
from jobs.api.auth import person_of, require
from jobs.core.errors import NotFound
from jobs.models.tenant import Scope
from stock.models import Upload
from stock.services import roles
from stock.tasks import submit_import

router = Router(tags=["stock"])


@router.post("/stock/imports", response=waiting.RESPONSES, by_alias=True)
def import_file(request: HttpRequest, response: HttpResponse, file: File[UploadedFile], dry_run: Form[bool] = False) -> Any:
    """Upload a CSV or XLSX price list (sku, name, price, quantity, location; from a manager also cost) and import it by a job.
    For clerks."""
    tenant = require(request, Scope.SUBMIT)
    roles.need(request, roles.CLERK)
    user = person_of(request)
    job = submit_import(tenant, file, dry_run=dry_run, user=user, costs=roles.sees_costs(request))
    return waiting.answer(request, response, job)


@router.get("/stock/uploads/{uuid:upload_id}/problems.csv", url_name="problems")
def problems(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """The lines that were not taken, and why, as CSV."""
    upload = Upload.objects.filter(tenant=require(request, Scope.READ), pk=upload_id).first()
    if upload is None:
        raise NotFound(f"There is no upload {upload_id}.")
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["line", "field", "message"])
    writer.writerows(upload.problems.values_list("line", "field", "message"))
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
