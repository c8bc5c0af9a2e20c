"""Finding a show and choosing its seats: on the map, or section by section in a list that needs no script."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET
from pydantic import ValidationError

from jobs.services import tenants
from reservations.models import Booking, Show
from reservations.queries import listing, plans, seating
from reservations.queries.buyers import buyer_of, known_buyer_of
from reservations.services import preview
from reservations.tasks import Best
from reservations.web import mine

PER_PAGE = 20
A_YEAR = 31_536_000


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:100]
    page = Paginator(listing.upcoming(tenants.of_user(request.user), words), PER_PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    known = listing.availability(found)
    shows = [(show, known.get(show.pk, listing.Availability())) for show in found]
    return render(request, "seats/shows.html", {"shows": shows, "page": page, "words": words, "now": timezone.now()})


@mine.remembering
@require_GET
def show(request: HttpRequest, show_id: int) -> HttpResponse:
    """The map; without scripts the way to the list."""
    row = the_show(request, show_id)
    return render(request, "seats/show.html", _words(request, row))


@mine.remembering
@require_GET
def seat_list(request: HttpRequest, show_id: int) -> HttpResponse:
    """The seats of one section, row by row."""
    row = the_show(request, show_id)
    words = _words(request, row)
    chosen = request.GET.get("section", "")
    section = next((part for part in words["sections"] if str(part.id) == chosen), None)
    if section is None and chosen:
        raise Http404("There is no such section.")
    section = section or next(iter(words["sections"]), None)
    rows = listing.rows_of(row, section.id, words["hold"]) if section else []
    return render(request, "seats/list.html", words | {"section": section, "rows": rows})


def _words(request: HttpRequest, row: Show) -> dict[str, Any]:
    """What both ways of choosing show."""
    buyer = buyer_of(request)
    hold = plans.open_hold(row, buyer)
    held = seating.of_hold(hold) if hold else []
    exchanged = _exchanged(request, row)
    state = plans.now_of(row, buyer)
    sections, areas = listing.sections(row), listing.areas(row)
    return {
        "show": row,
        "on_sale": state["sale"]["open"],
        "zones": row.zones.all(),
        "sections": sections,
        "areas": areas,
        "sold_out": not any(part.free for part in (*sections, *areas)),
        "hold": hold,
        "exchanged": exchanged,
        "keeping": f"?exchange={exchanged.pk}" if exchanged else "",
        "held": held,
        "held_total": sum(Decimal(seat["price"]) for seat in held),
        "state": state,
        "plan": f"{reverse('show-plan', args=[row.pk])}?v={plans.version_of(row)}",
        "facts": {
            "show": row.pk,
            "currency": row.currency,
            "limit": row.limit_per_buyer,
            "exchanges": str(exchanged.pk) if exchanged else None,
        },
    }


def _exchanged(request: HttpRequest, row: Show) -> Booking | None:
    """The booking for whose seats others are looked for."""
    try:
        number = UUID(request.GET.get("exchange", ""))
    except ValueError:
        return None
    return mine.bookings(request).filter(show=row, state=Booking.State.CONFIRMED, pk=number).first()


@require_GET
@gzip_page
def plan(request: HttpRequest, show_id: int) -> HttpResponse:
    """The seats as the map draws them. Asked for by its version it never changes."""
    row = the_show(request, show_id)
    answer = JsonResponse(plans.plan_of(row), json_dumps_params={"separators": (",", ":")})
    lasts = request.GET.get("v") == plans.version_of(row)
    patch_cache_control(answer, **({"private": True, "max_age": A_YEAR, "immutable": True} if lasts else {"no_cache": True}))
    return answer


@require_GET
def now(request: HttpRequest, show_id: int) -> HttpResponse:
    """What is taken now, and what this buyer holds: for a map that was asleep."""
    answer = JsonResponse(plans.now_of(the_show(request, show_id), known_buyer_of(request)))
    patch_cache_control(answer, no_store=True)
    return answer


@require_GET
def best(request: HttpRequest, show_id: int) -> HttpResponse:
    """The seats that a hold of the best would get; none is taken."""
    row = the_show(request, show_id)
    try:
        want = best_of(request.GET)
    except (ValidationError, ValueError):
        return JsonResponse({"code": "invalid_input", "detail": "Say how many, from 1 to 20."}, status=422)
    found = preview.best(row, want.want())
    answer = JsonResponse({"seats": found or [], "message": "" if found else f"There are no {want.size} such seats left."})
    patch_cache_control(answer, no_store=True)
    return answer


def best_of(fields: Any) -> Best:
    """The form of the best seats; raises ValueError or ValidationError."""
    wheelchairs = int(fields.get("wheelchairs") or ("accessible" in fields))
    return Best(
        size=int(fields.get("size", "")),
        zones=[int(zone) for zone in fields.getlist("zone") if zone],
        area=int(fields["area"]) if fields.get("area") else None,
        accessible=wheelchairs,
    )


def the_show(request: HttpRequest, show_id: int) -> Show:
    """A published show of this site; raises Http404."""
    rows = Show.objects.published().filter(tenant=tenants.of_user(request.user)).select_related("map__venue", "tenant")
    return get_object_or_404(rows, pk=show_id)
