"""Tenants and what they use."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from jobs.queries import usage
from jobs.queries.search import bounded
from jobs.web.ops.shell import render, viewer


@viewer
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    with bounded():
        return render(request, "tenants.html", {"usages": usage.by_tenant()})
