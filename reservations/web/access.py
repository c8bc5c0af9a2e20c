"""Who may build halls and steer sales: the box office."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from reservations.services import roles

View = Callable[..., HttpResponse]


def box_office(view: View) -> View:
    """Others are told that it is not for them; who is not signed in is asked to."""

    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if roles.BOX_OFFICE not in roles.groups_of(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
