"""Who buys: whose limit counts, and whose holds and bookings these are."""

from django.http import HttpRequest


def buyer_of(request: HttpRequest) -> str:
    """The signed-in user, or the API key."""
    return f"user:{request.user.pk}" if request.user.is_authenticated else f"key:{request.auth.prefix}"  # type: ignore[attr-defined]
