"""What every operators' page shares: who may come in, the navigation with its keys, and going back after an act."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.shortcuts import render as render_template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme

from jobs.core.errors import ConveyorError
from jobs.core.roles import Role
from jobs.queries.roles import has, role_of

View = Callable[..., HttpResponse]
# Of a form that is refused so many characters of a field come back.
LONGEST_REFUSED = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation. `key` leads there after a `g`."""

    view: str
    title: str
    key: str
    role: Role = Role.VIEWER


PLACES = (
    Place("ops", "Overview", "o"),
    Place("ops-jobs", "Jobs", "j"),
    Place("ops-failures", "Failures", "f"),
    Place("ops-letters", "Dead letters", "d"),
    Place("ops-bulks", "Bulk", "b"),
    Place("ops-queues", "Queues", "q"),
    Place("ops-workers", "Workers", "w"),
    Place("ops-tenants", "Tenants", "n"),
    Place("ops-alerts", "Alerts", "t"),
    Place("ops-webhooks", "Webhooks", "h", Role.OPERATOR),
    Place("ops-audit", "Audit", "a", Role.OPERATOR),
    Place("ops-limits", "Limits", "l"),
    Place("ops-breakers", "Breakers", "k"),
    Place("ops-flower-about", "Flower", "y"),
)


def needs(role: Role) -> Callable[[View], View]:
    """For views: staff of at least that role. Others of the staff are refused, everybody else is asked to sign in."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if role_of(request.user) is None:
                return redirect_to_login(request.get_full_path())
            if not has(request.user, role):
                raise PermissionDenied(f"This is for the role {role.name.lower()}.")
            return view(request, *args, **kwargs)

        return guarded

    return guard


viewer, operator, admin = needs(Role.VIEWER), needs(Role.OPERATOR), needs(Role.ADMIN)


def render(request: HttpRequest, template: str, view: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page in the operators' frame."""
    role = role_of(request.user) or Role.VIEWER
    return render_template(request, f"jobs/ops/{template}", frame(request, role) | view, status=status)


def frame(request: HttpRequest, role: Role) -> dict[str, Any]:
    places = [(place, reverse(place.view)) for place in PLACES if role >= place.role]
    here = max((address for _, address in places if request.path.startswith(address)), key=len, default="")
    return {
        "places": places,
        "here": here,
        "role": role.name.lower(),
        "may_operate": role >= Role.OPERATOR,
        "may_admin": role >= Role.ADMIN,
        "refused": request.session.pop("refused", None),
    }


def act(request: HttpRequest, otherwise: str, do: Callable[[], Any], done: str | Callable[[Any], str]) -> HttpResponse:
    """Do it, say how it went, and go back to the page of the form (its field `next`), or else to that view.

    What was refused goes back to the form as it was filled in, with what is wrong beside each field (ops.js).
    """
    try:
        answer = do()
    except ConveyorError as error:
        wrong = getattr(error, "fields", {})
        items = format_html_join("", "<li>{}: {}</li>", wrong.items())
        messages.error(request, format_html("{}<ul>{}</ul>", error.detail, items) if wrong else error.detail)
        values = {name: value[:LONGEST_REFUSED] for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
        request.session["refused"] = {"action": request.path, "values": values, "wrong": wrong}
        return back(request, otherwise, request.headers.get("Referer", ""))
    messages.success(request, done if isinstance(done, str) else done(answer))
    return back(request, otherwise)


def back(request: HttpRequest, otherwise: str, to: str = "") -> HttpResponse:
    address = to or request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return redirect(address if safe else reverse(otherwise))
