"""Where pages of webhooks stand: among the operators' pages, or on the site for who looks after a tenant's webhooks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobs.core.roles import Role
from jobs.queries.roles import looks_after_webhooks, role_of
from jobs.web.ops import shell
from jobs.web.ops.shell import View


@dataclass(frozen=True, slots=True)
class Room:
    """A place of these pages: what the names of its addresses begin with, the template around them, what that needs, and who may enter."""

    prefix: str
    frame: str
    around: Callable[[HttpRequest], dict[str, Any]]
    guard: Callable[[View], View]

    @property
    def webhooks(self) -> str:
        return f"{self.prefix}webhooks"

    @property
    def new(self) -> str:
        return f"{self.prefix}webhook-new"

    @property
    def webhook(self) -> str:
        return f"{self.prefix}webhook"

    @property
    def steer(self) -> str:
        return f"{self.prefix}webhook-steer"

    @property
    def delivery(self) -> str:
        return f"{self.prefix}delivery"

    @property
    def redeliver(self) -> str:
        return f"{self.prefix}redeliver"

    def render(self, request: HttpRequest, template: str, view: dict[str, Any], status: int = 200) -> HttpResponse:
        return render(request, f"jobs/webhooks/{template}", self.around(request) | {"room": self} | view, status=status)


def carer(view: View) -> View:
    """For views: who looks after webhooks. Others who are signed in are refused, everybody else is asked to sign in."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not looks_after_webhooks(request.user):
            raise PermissionDenied("This is for who looks after webhooks.")
        return view(request, *args, **kwargs)

    return guarded


OPS = Room("ops-", "jobs/ops/page.html", lambda request: shell.frame(request, role_of(request.user) or Role.VIEWER), shell.operator)
SITE = Room("", "jobs/webhooks/page.html", lambda request: {}, carer)
