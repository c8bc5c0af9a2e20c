"""Flower behind the site's sign-in: a page that says what it is good for, and the way to it.

Flower has one password for everybody, so the site asks it on behalf of an operator. Whatever changes something must come from this
site: Flower's own pages know no CSRF token.
"""

from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from jobs.core.errors import Unavailable
from jobs.infra import flower
from jobs.services import audit
from jobs.web.ops.shell import operator, render, viewer


@viewer
@require_GET
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "flower.html", {})


@csrf_exempt
@operator
@xframe_options_sameorigin
@require_http_methods(["GET", "HEAD", "POST"])
def through(request: HttpRequest, path: str = "") -> HttpResponse:
    """Flower's page of that path."""
    if request.method == "POST":
        _must_come_from_here(request)
        audit.record("flower.post", f"flower:{path}"[:200], by=request.user.get_username())
    try:
        answer = flower.ask(
            request.method or "GET", path, request.META.get("QUERY_STRING", ""), request.body, request.headers.get("Content-Type", "")
        )
    except Unavailable as error:
        return render(request, "flower.html", {"wrong": error.detail}, status=502)
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)


def _must_come_from_here(request: HttpRequest) -> None:
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    if urlsplit(origin).netloc != request.get_host():
        raise PermissionDenied("This did not come from a page of this site.")
