"""Pages whose script follows events: from before their data was read, so that nothing is missed in between or in a sleep."""

from collections.abc import Callable
from functools import wraps

import redis
from django.http import HttpRequest, HttpResponse

from jobs.queries import events

View = Callable[..., HttpResponse]


def live(view: View) -> View:
    """`request.place` is where the page's script begins to follow; "" while nobody can tell: it then follows from now on."""

    @wraps(view)
    def from_here(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        request.place = _place()  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return from_here


def _place() -> str:
    try:
        return events.now()
    except redis.RedisError:
        return ""
