"""One job for operators: what everybody sees of it, and its logs, its retries, and trying it again with another payload."""

import json
import uuid
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from jobs.core.errors import ConveyorError, InvalidInput, NotFound
from jobs.core.job_type import registry
from jobs.models import Job
from jobs.queries import jobs as queries
from jobs.services import steering
from jobs.web import live
from jobs.web.ops.shell import act, operator, render, viewer


@viewer
@require_GET
def page(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return _page(request, the_job(job_id))


def the_job(job_id: uuid.UUID) -> Job:
    try:
        return queries.get(None, job_id)
    except NotFound as error:
        raise Http404(str(error)) from error


def _page(request: HttpRequest, job: Job, edit: dict[str, Any] | None = None) -> HttpResponse:
    """`edit` is a retry that was refused: the text, and what is wrong with it."""
    view = live.view_of(job, request.user)
    logs = queries.logs(job, view["attempts"]) if view["opens"] else {}
    known = registry.get(job.type) if job.type in registry else None
    more = {
        "logs": [(attempt, logs.get(attempt.turn, [])) for attempt in reversed(view["attempts"])],
        "retries": queries.retries(job),
        "schema": known.payload_schema() if known else None,
        "editable": known is not None and not known.internal,
        "edit": edit or {"text": orjson.dumps(job.payload, option=orjson.OPT_INDENT_2).decode() if view["opens"] else ""},
    }
    return render(request, "job.html", view | more, status=422 if edit else 200)


@operator
@require_POST
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Try it again; with the payload of the form when there is one."""
    job, text = the_job(job_id), request.POST.get("data")
    try:
        made = steering.retry_job(job, None if text is None else payload_of(text), submitted_by=request.user)
    except ConveyorError as error:
        fields = getattr(error, "fields", {})
        return _page(request, job, {"text": text or "", "wrong": error.detail, "fields": fields, "open": True})
    return redirect("ops-job", made.pk)


def payload_of(text: str) -> dict[str, Any]:
    """The payload that the text spells; raises InvalidInput."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"The payload is no JSON: {error}.") from None
    if not isinstance(data, dict):
        raise InvalidInput("The payload is a JSON object, like {}.")
    return data


@operator
@require_POST
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    words = {"cancelled": "The job is cancelled.", "requested": "The job was asked to stop."}
    return act(request, "ops-jobs", lambda: steering.cancel_job(the_job(job_id)), words.__getitem__)
