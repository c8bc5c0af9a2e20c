"""Pages of webhooks: endpoints, their secrets, their log. The same on the site and among the operators' pages (webhook_rooms)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jobs.core.errors import ConveyorError, NotFound
from jobs.core.event_type import event_types
from jobs.core.webhook_events import TEST
from jobs.models import Delivery, Webhook
from jobs.queries import webhooks as queries
from jobs.services import tenants, webhooks
from jobs.web.ops.shell import act
from jobs.web.webhook_rooms import Room

Row = TypeVar("Row")
PAGE = 25
MORE = " There may be more: count them again."
SECRET = "webhook_secret"
# For how long back everything that failed may be sent again by one press.
SPANS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}


class EndpointForm(forms.Form):
    """What the service says of a field is shown at it."""

    url = forms.CharField(label="URL", max_length=2000, widget=forms.URLInput(attrs={"placeholder": "https://example.com/hooks"}))
    patterns = forms.CharField(
        label="Events",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono", "placeholder": "job.dead\nstock.**"}),
        help_text="One pattern a line. * is one part of a name, ** any number.",
    )
    description = forms.CharField(label="Description", max_length=200, required=False)
    ordered = forms.BooleanField(label="One at a time, in order: a failing delivery holds up those behind it", required=False)

    def saved(self, save: Callable[..., Any]) -> Any:
        """What `save` makes of the fields; None when it refuses, and then the form says why."""
        if not self.is_valid():
            return None
        try:
            return save(**self.cleaned_data | {"patterns": self.cleaned_data["patterns"].splitlines()})
        except ConveyorError as error:
            for name, text in (getattr(error, "fields", None) or {"": error.detail}).items():
                self.add_error(name if name in self.fields else None, text)
            return None


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def found(request: HttpRequest, webhook_id: UUID) -> Webhook:
    return _there(lambda: queries.get(tenants.of_user(request.user), webhook_id))


def _there(get: Callable[[], Row]) -> Row:
    try:
        return get()
    except NotFound as error:
        raise Http404(error.detail) from error


@require_GET
def index(request: HttpRequest, room: Room) -> HttpResponse:
    rows = list(queries.all_of(tenants.of_user(request.user)))
    healths = queries.healths(rows)
    return room.render(request, "list.html", {"webhooks": [(webhook, healths[webhook.pk]) for webhook in rows]})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, room: Room) -> HttpResponse:
    form = EndpointForm(_sent(request))
    tenant = tenants.of_user(request.user)
    made = form.saved(lambda **fields: webhooks.create(tenant, by=request.user, **fields)) if request.method == "POST" else None
    if made is None:
        return room.render(
            request,
            "new.html",
            {"form": form, "types": [known for known in event_types if known.name != TEST and not known.private]},
            status=422 if form.errors else 200,
        )
    return _with_secret(request, room, *made)


def _with_secret(request: HttpRequest, room: Room, webhook: Webhook, secret: str) -> HttpResponse:
    """To the page of the endpoint, which shows the secret this once."""
    request.session[SECRET] = [str(webhook.pk), secret]
    return redirect(room.webhook, webhook.pk)


@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, room: Room, webhook_id: UUID) -> HttpResponse:
    """The endpoint and its log; a POST changes the endpoint."""
    webhook = found(request, webhook_id)
    form = EndpointForm(_sent(request), initial=_fields(webhook))
    if request.method == "POST" and form.saved(lambda **fields: webhooks.change(webhook, **fields)):
        messages.success(request, "Saved.")
        return redirect(room.webhook, webhook_id)
    secrets = {"secret": _secret(request, webhook), "old_secret_until": queries.old_secret_until(webhook)}
    view = {"webhook": webhook, "health": queries.health(webhook), "form": form, **secrets}
    return room.render(request, "one.html", view | _log(request, webhook), status=422 if form.errors else 200)


def _fields(webhook: Webhook) -> dict[str, Any]:
    same = {name: getattr(webhook, name) for name in ("url", "description", "ordered")}
    return same | {"patterns": "\n".join(webhook.patterns)}


def _secret(request: HttpRequest, webhook: Webhook) -> str:
    of, secret = request.session.pop(SECRET, ("", ""))
    return str(secret) if of == str(webhook.pk) else ""


def _log(request: HttpRequest, webhook: Webhook) -> dict[str, Any]:
    status, after = request.GET.get("status", ""), request.GET.get("after", "")
    if status not in ("", *Delivery.State.values) or not (after == "" or after.isdecimal()):
        raise Http404("There is no such page of the log.")
    rows = queries.deliveries(webhook.tenant, webhook=webhook.pk, status=status)
    items, cursor = queries.page_of_deliveries(rows, int(after) if after else None, PAGE)
    older = urlencode({"status": status, "after": cursor}) if cursor else ""
    return {"deliveries": items, "older": older, "status": status, "states": Delivery.State.values, "spans": SPANS} | _preview(
        request, webhook
    )


def _preview(request: HttpRequest, webhook: Webhook) -> dict[str, Any]:
    """How many would be sent again, when that was asked for."""
    span = request.GET.get("failed", "")
    return {"span": span, "would": _failed(webhook, span).count()} if span in SPANS else {}


def _failed(webhook: Webhook, span: str) -> Any:
    return queries.failed(webhook.tenant, webhook=webhook.pk, since=timezone.now() - SPANS[span])


@require_POST
def steer(request: HttpRequest, room: Room, webhook_id: UUID, verb: str) -> HttpResponse:
    """`pause`, `resume`, `skip` (resume without what was kept), `test`, `rotate`, `redeliver` or `remove`."""
    webhook = found(request, webhook_id)
    if verb == "rotate":
        return _with_secret(request, room, webhook, webhooks.rotate(webhook))
    if verb == "remove":
        webhooks.remove(webhook)
        messages.success(request, f"{webhook.url} is deleted.")
        return redirect(room.webhooks)
    acts: dict[str, tuple[Callable[[], Any], str | Callable[[Any], str]]] = {
        "pause": (lambda: webhooks.pause(webhook, request.POST.get("why", "")), "It is paused. What happens meanwhile is kept."),
        "resume": (lambda: webhooks.resume(webhook), "It is active again."),
        "skip": (lambda: webhooks.resume(webhook, skip=True), "It is active again, without what was kept."),
        "test": (lambda: webhooks.test(webhook), "A test is on its way: it is the newest of the deliveries."),
        "redeliver": (
            lambda: _again(request, webhook),
            lambda count: f"{count:,} are sent again.{MORE if count >= webhooks.MOST_AGAIN else ''}",
        ),
    }
    if verb not in acts:
        raise Http404(f"A webhook can't be told to {verb}.")
    return act(request, room.webhooks, *acts[verb])


def _again(request: HttpRequest, webhook: Webhook) -> int:
    span = request.POST.get("failed", "")
    return webhooks.redeliver_failed(_failed(webhook, span)) if span in SPANS else 0


@require_GET
def delivery(request: HttpRequest, room: Room, number: int) -> HttpResponse:
    row = _there(lambda: queries.delivery(tenants.of_user(request.user), number))
    return room.render(request, "delivery.html", {"delivery": row, "attempts": list(row.attempts.all())})


@require_POST
def redeliver(request: HttpRequest, room: Room, number: int) -> HttpResponse:
    row = _there(lambda: queries.delivery(tenants.of_user(request.user), number))
    return act(request, room.webhooks, lambda: webhooks.redeliver(row), "It is sent again.")
