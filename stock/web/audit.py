"""The audit on a page: where level and ledger differ, and the two ways to put it right."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.core.errors import ConveyorError
from jobs.services import tenants
from stock import warehouse
from stock.models import Drift
from stock.services import audit as verbs
from stock.warehouse import Nothing
from stock.web import staff


@staff.for_clerks
def index(request: HttpRequest) -> HttpResponse:
    return staff.page(request, "audit", {"drifts": verbs.open_drifts(tenants.of_user(request.user))[:200]})


@require_POST
@staff.for_managers
def now(request: HttpRequest) -> HttpResponse:
    """Look now; large books take a while, so the job is followed."""
    job = warehouse.audit.submit(Nothing(), tenant=tenants.of_user(request.user), submitted_by=request.user)
    return redirect("job", job.pk)


@require_POST
@staff.for_managers
def repair(request: HttpRequest, id: int) -> HttpResponse:
    drift = Drift.objects.filter(level__product__tenant=tenants.of_user(request.user), pk=id).select_related("level__product").first()
    if drift is None:
        raise Http404(f"There is no drift {id}.")
    believe = Drift.Believed.LEVEL if request.POST.get("believe") == Drift.Believed.LEVEL else Drift.Believed.LEDGER
    try:
        verbs.repair(drift, request.user, believe)
    except ConveyorError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "Repaired.")
    return redirect("audit")
