"""What the pages of the staff have in common: who may come in, how a job's end is told, where else to go."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4
from zlib import crc32

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from jobs.api import waiting
from jobs.core.errors import InvalidFilter, NotAllowed, NotFound
from jobs.core.states import State
from jobs.models import Job
from jobs.services import tenants
from stock.models import Location
from stock.services import roles

PATIENCE = 5.0
View = Callable[..., HttpResponseBase]


def for_role(role: str) -> Callable[[View], View]:
    """Sign in first; without the role it is not allowed. What is not there, or another tenant's, is not found."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            if role not in roles.groups_of(request.user):
                raise PermissionDenied
            _must_be_text(request)
            try:
                return view(request, *args, **named)
            except (NotFound, InvalidFilter) as error:
                raise Http404(error.detail) from error
            except NotAllowed as error:
                raise PermissionDenied from error

        return login_required(guarded)

    return guard


def _must_be_text(request: HttpRequest) -> None:
    """PostgreSQL keeps no NUL in a text: nothing of ours has one."""
    said = [request.path, *request.GET.values(), *request.POST.values(), *request.POST]
    if any("\0" in str(text) for text in said):
        raise BadRequest("A text has a NUL in it.")


for_clerks, for_managers = for_role(roles.CLERK), for_role(roles.MANAGER)


def page(request: HttpRequest, template: str, words: dict[str, Any], *forms: forms.BaseForm) -> HttpResponse:
    """The page; 422 where a form was not right."""
    tenant = tenants.of_user(request.user)
    shared = {"manager": roles.MANAGER in roles.groups_of(request.user), "locations": Location.objects.filter(tenant=tenant)}
    return render(request, f"stock/{template}.html", shared | words, status=422 if any(form.errors for form in forms) else 200)


def once() -> forms.UUIDField:
    """A hidden name for this filling of a form: pressed twice, it is done once."""
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)


def submit(request: HttpRequest, verb: Any, payload: Any, *, once: Any = None) -> Job | None:
    """Submit for who asks, and wait a little; the job once it has ended. With the same `once` and payload it is the same job:
    a form that was changed after the back button is another."""
    key = f"form:{str(once)[:36]}:{crc32(payload.model_dump_json().encode()):x}" if once else None
    job = verb.submit(payload, tenant=tenants.of_user(request.user), key=key, submitted_by=request.user)
    return waiting.await_end(job, PATIENCE)


def tell(request: HttpRequest, ended: Job | None, done: str) -> bool:
    """Say how it went; whether it was done."""
    if ended is None:
        messages.info(request, "It is on its way; its job tells how it ends.")
    elif ended.state != State.SUCCEEDED or ended.result is None:
        messages.error(request, "That did not work. Try it again.")
    elif ended.result.get("code"):
        messages.error(request, ended.result["detail"])
    else:
        messages.success(request, done)
        return True
    return False


def place(label: str = "Location") -> forms.CharField:
    return forms.CharField(label=label, max_length=60, widget=forms.TextInput(attrs={"list": "locations", "autocomplete": "off"}))


def units(label: str = "Quantity", least: int = 1) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=1_000_000, initial=1)


def cost(label: str, *, required: bool = False) -> forms.DecimalField:
    """What one was bought for: parts of a cent count."""
    return forms.DecimalField(label=label, min_value=0, max_digits=16, decimal_places=6, required=required)


def scanned() -> forms.CharField:
    """A scanner types the SKU and presses Enter: so it is the field that has the focus."""
    return forms.CharField(label="SKU", max_length=60, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}))
