"""Who may do more than buy on the pages: the roles of services/roles.py, by group. The same rule as the API's, and no other."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from reservations.services import roles

View = Callable[..., HttpResponse]


def only(role: str) -> Callable[[View], View]:
    """Others are told that it is not for them; who is not signed in is asked to."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if role not in roles.groups_of(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


box_office = only(roles.BOX_OFFICE)
at_the_door = only(roles.DOOR)
