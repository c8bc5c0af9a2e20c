"""Building halls: the list of maps, the editor, what it saves, generates, brings in and takes out."""

from typing import Any
from zoneinfo import available_timezones

import orjson
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from pydantic import BaseModel, TypeAdapter, ValidationError

from jobs.core.errors import ConveyorError, InvalidInput
from jobs.services import tenants
from reservations.core import pretix, recipes
from reservations.core.seat import Drawing
from reservations.models import SeatMap, Show, Venue
from reservations.queries import selling
from reservations.services import seat_maps
from reservations.web.access import box_office

MOST_BYTES = 8 << 20
DRAWING = TypeAdapter(Drawing)
EMPTY = Drawing("New hall", 1200, 900, (), (), (600.0, 40.0))


class Saving(BaseModel):
    """A drawing for a map that is there, or for a house."""

    drawing: Drawing
    map: int | None = None
    venue: int = 0


class VenueForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Venue
        fields = ("name", "city", "address", "time_zone")

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name not in available_timezones():
            raise forms.ValidationError("A time zone is like Europe/Berlin.")
        return name

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if Venue.objects.filter(tenant=self.instance.tenant, name=said.get("name")).exists():
            self.add_error("name", "There is a house of this name already.")
        return said


@box_office
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Shows with what they sell, houses with their maps."""
    tenant = tenants.of_user(request.user)
    shows = Show.objects.filter(tenant=tenant).select_related("map__venue").order_by("-starts_at")[:100]
    venues = Venue.objects.filter(tenant=tenant).prefetch_related("maps")
    return render(request, "seats/staff/index.html", {"shows": selling.with_sales(list(shows)), "venues": venues})


@box_office
@require_POST
def venue(request: HttpRequest) -> HttpResponse:
    """A new house."""
    form = VenueForm(request.POST, instance=Venue(tenant=tenants.of_user(request.user)))
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("staff-seats")
    row = form.save()
    messages.success(request, f"{row.name} is there. Draw its first hall.")
    return redirect(f"{reverse('hall-new')}?venue={row.pk}")


@box_office
@require_GET
def new(request: HttpRequest) -> HttpResponse:
    return _editor(request, _venue(request, request.GET.get("venue", "")), None, EMPTY)


@box_office
@require_GET
def edit(request: HttpRequest, map_id: int) -> HttpResponse:
    row = _map(request, map_id)
    return _editor(request, row.venue, row, seat_maps.drawing_of(row))


def _editor(request: HttpRequest, venue: Venue, row: SeatMap | None, drawing: Drawing) -> HttpResponse:
    facts = {"venue": venue.pk, "map": row.pk if row else None, "frozen": bool(row and row.frozen_at)}
    words = {"venue": venue, "map": row, "facts": facts, "drawing": DRAWING.dump_python(drawing, mode="json")}
    return render(request, "seats/staff/editor.html", words)


@box_office
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what was drawn: over a map that no show uses, else as its next version."""
    try:
        asked = _saving(request.body)
        row = _map(request, asked.map) if asked.map else None
        venue = row.venue if row else _venue(request, str(asked.venue))
        replaced = row is not None and row.frozen_at is None and row.name == asked.drawing.name
        kept = seat_maps.replace(row, asked.drawing) if row and replaced else seat_maps.create(venue, asked.drawing)
    except ConveyorError as error:
        return _wrong(error)
    return JsonResponse({"map": kept.pk, "version": kept.version, "url": reverse("hall", args=[kept.pk]), "replaced": replaced})


@box_office
@require_POST
def generate(request: HttpRequest) -> HttpResponse:
    """A drawing by the numbers of a form; nothing is kept."""
    try:
        body = _json(request.body)
        if not isinstance(body, dict):
            raise InvalidInput("Send an object.")
        drawing = recipes.cook(str(body.get("name") or "New hall"), str(body.get("shape")), body)
    except (InvalidInput, recipes.NotARecipe) as error:
        return _wrong(error)
    return HttpResponse(DRAWING.dump_json(drawing), content_type="application/json")


@box_office
@require_POST
def bring_in(request: HttpRequest) -> HttpResponse:
    """A seating plan of pretix' as the next version of the hall of its name."""
    venue = _venue(request, request.POST.get("venue", ""))
    file = request.FILES.get("file")
    try:
        if file is None or not file.size or file.size > MOST_BYTES:
            raise InvalidInput("Choose a seating plan of at most 8 MB.")
        kept = seat_maps.create(venue, pretix.load(_json(file.read())))
    except (InvalidInput, pretix.NotAPlan) as error:
        messages.error(request, str(error))
        return redirect("staff-seats")
    messages.success(request, f"{kept} is brought in.")
    return redirect("hall", kept.pk)


@box_office
@require_GET
def take_out(request: HttpRequest, map_id: int) -> HttpResponse:
    """The map as a seating plan of pretix'."""
    row = _map(request, map_id)
    content = orjson.dumps(pretix.dump(seat_maps.drawing_of(row)), option=orjson.OPT_INDENT_2)
    name = f"seating-plan-{row.pk}-v{row.version}.json"
    return HttpResponse(content, content_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _saving(body: bytes) -> Saving:
    try:
        return Saving.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{'.'.join(map(str, first['loc'])) or 'The body'}: {first['msg']}.") from None


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InvalidInput("This is no JSON.") from None


def _wrong(error: Exception) -> JsonResponse:
    code = error.code if isinstance(error, ConveyorError) else "invalid_input"
    status = 422 if code == "invalid_input" else 409
    return JsonResponse({"code": code, "detail": str(error)}, status=status)


def _venue(request: HttpRequest, number: str) -> Venue:
    return get_object_or_404(Venue, tenant=tenants.of_user(request.user), pk=int(number) if number.isdecimal() else 0)


def _map(request: HttpRequest, map_id: int) -> SeatMap:
    return get_object_or_404(SeatMap.objects.select_related("venue"), pk=map_id, venue__tenant=tenants.of_user(request.user))
