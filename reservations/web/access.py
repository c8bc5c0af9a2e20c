"""Who may build halls and steer sales: staff of the site with the right to change shows."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def staff(view: View) -> View:
    """Others are told that it is not for them; who is not signed in is asked to."""

    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (request.user.is_staff and request.user.has_perm("reservations.change_show")):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
