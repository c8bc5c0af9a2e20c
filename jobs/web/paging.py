"""Where a page of a list begins."""

import uuid

from django.http import Http404, HttpRequest


def cursor_of(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET["after"]) if request.GET.get("after") else None
    except ValueError:
        raise Http404("after is no cursor") from None
