"""A person's jobs: the list, one job, cancel and retry."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from jobs.core.errors import ConveyorError, NotFound
from jobs.models import Job
from jobs.queries import jobs as queries
from jobs.queries import roles
from jobs.services import steering, tenants
from jobs.web import listing, live


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """The jobs that the user submitted; of everyone, for staff who ask."""
    return render(request, "jobs/index.html", listing.view_of(request.user, listing.chosen(request)))


@login_required
def page(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return render(request, "jobs/job.html", live.view_of(the_job(request.user, job_id), request.user))


def the_job(user: Any, job_id: uuid.UUID, *, to_act: bool = False) -> Job:
    """The job, if the user may see it; else there is none. A viewer may see the job of another, and not act on it."""
    try:
        job = queries.seen_by(user, tenants.of_user(user), job_id)
    except NotFound as error:
        raise Http404(str(error)) from error
    if to_act and not roles.may_open(user, job):
        raise PermissionDenied
    return job


@login_required
@require_POST
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = the_job(request.user, job_id, to_act=True)
    try:
        steering.cancel_job(job)
    except ConveyorError as error:
        messages.error(request, str(error))
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "jobs/live.html", live.view_of(the_job(request.user, job_id), request.user))
    return redirect("job", job_id)


@login_required
@require_POST
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    try:
        made = steering.retry_job(the_job(request.user, job_id, to_act=True), submitted_by=request.user)
    except ConveyorError as error:
        messages.error(request, str(error))
        return redirect("job", job_id)
    return redirect("job", made.pk)
