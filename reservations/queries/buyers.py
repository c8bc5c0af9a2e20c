"""Who buys: whose limit counts, and whose holds and bookings these are."""

import uuid

from django.http import HttpRequest, HttpResponseBase

from jobs.models import ApiKey
from reservations.core.buyer import VISITOR

COOKIE, KEPT = "seats_visitor", 30 * 86_400


def buyer_of(request: HttpRequest) -> str:
    """The signed-in user, the API key, or this browser's visitor; a new visitor gets a number, which `remember` puts into a cookie."""
    if known := known_buyer_of(request):
        return known
    request.new_visitor = uuid.uuid4().hex  # type: ignore[attr-defined]
    return known_buyer_of(request)


def known_buyer_of(request: HttpRequest) -> str:
    """The same for who only looks: nobody (an empty one) where nothing tells who it is."""
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    if isinstance(key := getattr(request, "auth", None), ApiKey):
        return f"key:{key.prefix}"
    return visitor_of(request)


def visitor_of(request: HttpRequest) -> str:
    """Who the browser's signed cookie says it is, signed in or not; empty without one."""
    number = getattr(request, "new_visitor", "") or request.get_signed_cookie(COOKIE, default="", salt=COOKIE, max_age=KEPT)
    return f"{VISITOR}{number}" if number else ""


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give a new visitor's browser the cookie by which it is known again."""
    if number := getattr(request, "new_visitor", ""):
        response.set_signed_cookie(COOKIE, number, salt=COOKIE, max_age=KEPT, httponly=True, samesite="Lax", secure=request.is_secure())
