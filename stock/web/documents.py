"""Exports and other files on pages: have one made, get it."""

import uuid
from pathlib import Path

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from jobs.infra.files import Attachment
from jobs.services import tenants
from stock import papers
from stock.models import Document
from stock.services import documents, exports, roles
from stock.web import staff

MOST = 100


class ExportForm(forms.Form):
    kind = forms.ChoiceField(label="What", choices=[(kind, kind.capitalize()) for kind in exports.Kind])
    format = forms.ChoiceField(label="As", choices=[(form, form.upper()) for form in exports.Format])


class CostlyForm(ExportForm):
    costs = forms.BooleanField(label="With what things cost: then only managers see the file", required=False)


@staff.for_clerks
def index(request: HttpRequest) -> HttpResponse:
    """Files that jobs have made; and the form that exports one, whose job is then followed."""
    tenant, form = tenants.of_user(request.user), (CostlyForm if roles.sees_costs(request) else ExportForm)(request.POST or None)
    if form.is_valid():
        job = papers.export.submit(papers.Export(**form.cleaned_data), tenant=tenant, submitted_by=request.user)
        return redirect("job", job.pk)
    rows = documents.seen(tenant, roles.of_request(request))[:MOST]
    return staff.page(request, "documents", {"form": form, "documents": rows, "days": documents.KEPT.days}, form)


@staff.for_clerks
def download(request: HttpRequest, id: uuid.UUID) -> Attachment:
    return served(documents.get(tenants.of_user(request.user), id, roles.of_request(request)))


def served(document: Document) -> Attachment:
    kind = documents.TYPES.get(Path(document.name).suffix, "application/octet-stream")
    return Attachment(document.file.open("rb"), document.name, kind)
