"""Steering a sale: a new show, its prices on the map, what is kept from sale, who holds what, how it sells."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from pydantic import BaseModel, Field, ValidationError

from jobs.core.errors import ConveyorError
from jobs.services import tenants
from reservations import tasks
from reservations.models import SeatMap, Show, Zone
from reservations.models.show import TIMES
from reservations.queries import extras, plans, selling
from reservations.services import shows
from reservations.web.access import box_office
from reservations.web.asking import ask

COLOURS = ("#9c2f45", "#2f6f9c", "#3f7d4e", "#8a6d1f", "#6b4a9e", "#b0572b", "#2f7f86", "#5d665e")
WRONG_ZONE = "A price needs a name of its own, an amount of 0 or more, and a colour."


class Minutes(forms.IntegerField):
    """A duration, written as minutes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=24 * 60, **options)

    def prepare_value(self, value: Any) -> Any:
        return round(value.total_seconds() / 60) if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> timedelta:
        return timedelta(minutes=super().clean(value))


MINUTES = ("hold_for", "hold_ceiling", "offer_for")


class ShowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A show but for its map and its prices."""

    hold_for = Minutes(label="Minutes for which a seat is held", initial=timedelta(minutes=10))
    hold_ceiling = Minutes(label="Minutes after which a hold ends in any case", initial=timedelta(minutes=30))
    offer_for = Minutes(label="Minutes for which the waiting list is offered seats", initial=timedelta(minutes=30))

    class Meta:
        model = Show
        fields = ("name", "description", *TIMES, "currency", "limit_per_buyer", *MINUTES, "no_single_seats", "waiting_room")
        labels = {
            "doors_at": "Doors open at",
            "cancel_until": "Buyers may cancel and exchange until",
            "no_single_seats": "Refuse a choice that leaves a single seat where another does not",
            "waiting_room": "Waiting room: let buyers in at the pace at which they can be served",
        }
        widgets = {name: forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M") for name in TIMES} | {
            "description": forms.Textarea(attrs={"rows": 3})
        }


class ZoneForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Zone
        fields = ("name", "price", "colour")
        widgets = {"colour": forms.TextInput(attrs={"type": "color"})}

    def clean_colour(self) -> str:
        colour: str = self.cleaned_data["colour"]
        if len(colour) != 7 or colour[0] != "#" or any(letter not in "0123456789abcdefABCDEF" for letter in colour[1:]):
            raise forms.ValidationError("A colour is like #3366cc.")
        return colour

    def clean_price(self) -> Any:
        if self.cleaned_data["price"] < 0:
            raise forms.ValidationError("A price is 0 or more.")
        return self.cleaned_data["price"]


@box_office
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, map_id: int) -> HttpResponse:
    """A draft of a show in this hall, all its seats at one price until they are painted. Times are those of the house."""
    row = get_object_or_404(SeatMap.objects.select_related("venue"), pk=map_id, venue__tenant=tenants.of_user(request.user))
    with timezone.override(row.venue.zone):
        form = ShowForm(request.POST or None)
        first = ZoneForm(request.POST or None, prefix="zone", initial={"name": "Everywhere", "price": "30.00", "colour": COLOURS[0]})
        if request.method == "POST" and form.is_valid() and first.is_valid():
            made = shows.create(tenants.of_user(request.user), row, [Zone(**first.cleaned_data)], **form.cleaned_data)
            messages.success(request, "The show is a draft. Paint its prices, then publish it.")
            return redirect("selling", made.pk)
        return _form(request, {"map": row, "form": form, "zone": first})


@box_office
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, show_id: int) -> HttpResponse:
    """Its name, words, times and limit; its hall and what is sold stay."""
    row = the_show(request, show_id)
    with timezone.override(row.map.venue.zone):
        form = ShowForm(request.POST or None, instance=row)
        if request.method == "POST" and form.is_valid() and _changed(row, form):
            messages.success(request, "Changed.")
            return redirect("selling", row.pk)
        return _form(request, {"map": row.map, "show": row, "form": form})


def _changed(row: Show, form: ShowForm) -> bool:
    try:
        shows.change(row, **{name: form.cleaned_data[name] for name in form.changed_data})
    except ConveyorError as error:
        form.add_error(None, str(error))
    return form.is_valid()


def _form(request: HttpRequest, words: dict[str, Any]) -> HttpResponse:
    return render(request, "seats/staff/show_form.html", words, status=422 if request.method == "POST" else 200)


@box_office
@require_GET
def desk(request: HttpRequest, show_id: int) -> HttpResponse:
    row = the_show(request, show_id)
    ((_, sales),) = selling.with_sales([row])
    words = {
        "show": row,
        "sales": sales,
        "chart": selling.by_day(row),
        "holds": selling.holds(row),
        "blocked": selling.blocked(row),
        "extras": extras.sales(row),
        "products": selling.products(row),
        "zones": [(zone, ZoneForm(prefix=f"zone-{zone.pk}", instance=zone)) for zone in row.zones.all()],
        "zone_form": ZoneForm(prefix="zone", initial={"colour": COLOURS[row.zones.count() % len(COLOURS)]}),
        "state": plans.now_of(row, ""),
        "facts": {"show": row.pk, "currency": row.currency},
    }
    return render(request, "seats/staff/desk.html", words)


@box_office
@require_GET
def plan(request: HttpRequest, show_id: int) -> HttpResponse:
    """The seats as the map draws them, of a draft too."""
    return JsonResponse(plans.plan_of(the_show(request, show_id)), headers={"Cache-Control": "no-store"})


@box_office
@require_POST
def add_zone(request: HttpRequest, show_id: int) -> HttpResponse:
    row = the_show(request, show_id)
    form = ZoneForm(request.POST, prefix="zone")
    if form.is_valid() and not row.zones.filter(name=form.cleaned_data["name"]).exists():
        Zone.objects.create(show=row, number=row.zones.count(), **form.cleaned_data)
        messages.success(request, "The price is there. Paint seats with it.")
    else:
        messages.error(request, WRONG_ZONE)
    return redirect("selling", row.pk)


@box_office
@require_POST
def change_zone(request: HttpRequest, show_id: int, zone_id: int) -> HttpResponse:
    """Another price, name or colour, for what is sold from now on."""
    row = the_show(request, show_id)
    zone = get_object_or_404(Zone, show=row, pk=zone_id)
    form = ZoneForm(request.POST, prefix=f"zone-{zone.pk}")
    if not form.is_valid():
        messages.error(request, WRONG_ZONE)
        return redirect("selling", row.pk)
    try:
        shows.change_zone(zone, **form.cleaned_data)
        messages.success(request, "Changed for what is sold from now on. Who holds a seat pays what they saw.")
    except ConveyorError as error:
        messages.error(request, str(error))
    return redirect("selling", row.pk)


class Painting(BaseModel):
    zone: int
    seats: list[int] = Field(min_length=1, max_length=60_000)


class Keeping(BaseModel):
    act: str = Field(pattern="^(block|free)$")
    reason: str = Field(min_length=1, max_length=200)
    seats: list[int] = Field(min_length=1, max_length=20_000)


@box_office
@require_POST
def paint(request: HttpRequest, show_id: int) -> HttpResponse:
    """Put seats into a price; refused where one is held or booked at another."""
    row = the_show(request, show_id)
    try:
        asked = Painting.model_validate_json(request.body)
        zone = get_object_or_404(Zone, show=row, pk=asked.zone)
        return JsonResponse({"painted": shows.paint(row, zone, asked.seats)})
    except ValidationError:
        return _refused("invalid_input", "Choose seats and a price.", 422)
    except ConveyorError as error:
        return _refused(error.code, str(error), 409)


@box_office
@require_POST
def keep(request: HttpRequest, show_id: int) -> HttpResponse:
    """Block seats, or put them back on sale, by the job that does so."""
    row = the_show(request, show_id)
    try:
        asked = Keeping.model_validate_json(request.body)
    except ValidationError:
        return _refused("invalid_input", "Choose seats and say why, in at most 200 letters.", 422)
    payload = tasks.Override.model_validate({"show": row.pk, "user": request.user.pk, **asked.model_dump()})
    said = ask(request, tasks.override, payload, row.tenant)
    return JsonResponse(said) if said["outcome"] == "overridden" else _refused(said["code"], said["message"], 409)


@box_office
@require_POST
def free_hold(request: HttpRequest, show_id: int) -> HttpResponse:
    """Take a hold from its buyer: its seats are free."""
    row = the_show(request, show_id)
    try:
        payload = tasks.Release.model_validate({"show": row.pk, "hold": request.POST.get("hold", ""), "buyer": ""})
    except ValidationError:
        messages.error(request, "There is no such hold.")
        return redirect("selling", row.pk)
    said = ask(request, tasks.release, payload, row.tenant)
    if said["outcome"] == "released":
        messages.success(request, f"{len(said['seats'])} seats are free again.")
    else:
        messages.error(request, said["message"])
    return redirect("selling", row.pk)


@box_office
@require_POST
def publish(request: HttpRequest, show_id: int) -> HttpResponse:
    row = the_show(request, show_id)
    try:
        shows.publish(row)
        messages.success(request, "Buyers see it now.")
    except ConveyorError as error:
        messages.error(request, str(error))
    return redirect("selling", row.pk)


@box_office
@require_POST
def call_off(request: HttpRequest, show_id: int) -> HttpResponse:
    """Cancel the show by the job that gives every booking back."""
    row = the_show(request, show_id)
    try:
        payload = tasks.CancelShow.model_validate({"show": row.pk, "reason": request.POST.get("reason", "").strip()})
    except ValidationError:
        messages.error(request, "Say why, in at most 200 letters: it goes to everybody who has booked.")
        return redirect("selling", row.pk)
    job = tasks.cancel_show.submit(payload, tenant=row.tenant, submitted_by=request.user)
    messages.success(request, "The show is being cancelled. Here you see how far it is.")
    return redirect("job", job.pk)


def _refused(code: str, detail: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)


def the_show(request: HttpRequest, show_id: int) -> Show:
    rows = Show.objects.filter(tenant=tenants.of_user(request.user)).select_related("map__venue", "tenant")
    return get_object_or_404(rows, pk=show_id)
