"""Extras on the pages: chosen in the checkout by a buyer, offered and withdrawn at the desk by the box office."""

import re
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from jobs.core.errors import ConveyorError
from reservations import tasks
from reservations.models import Extra, Hold
from reservations.services import shows
from reservations.web import mine
from reservations.web.access import box_office
from reservations.web.asking import ask
from reservations.web.selling import the_show

FIELD = re.compile(r"extra-(\d{1,18})")
WRONG = {"outcome": "refused", "code": "invalid_input", "message": "Say how many of each, from 0 on.", "short": {}}


@require_POST
def choose(request: HttpRequest, hold_id: uuid.UUID) -> HttpResponse:
    """The extras of the form go with the held seats; without scripts it is a button of its own."""
    row = get_object_or_404(mine.holds(request).select_related("show__tenant"), pk=hold_id)
    said = reserve(request, row)
    if said["outcome"] == "refused":
        messages.error(request, said["message"])
    return redirect("hold", row.pk)


def reserve(request: HttpRequest, row: Hold) -> dict[str, Any]:
    """What the job says to the extras of the form; nothing is asked where nothing was changed."""
    fields = {int(found[1]): str(value).strip() or "0" for name, value in request.POST.items() if (found := FIELD.fullmatch(name))}
    try:
        payload = tasks.ChooseExtras.model_validate({"show": row.show_id, "hold": row.pk, "buyer": row.buyer, "extras": fields})
    except ValidationError:
        return WRONG
    wanted = {id: units for id, units in payload.extras.items() if units}
    if not fields or wanted == dict(row.extras.values_list("extra", "quantity")):
        return {"outcome": "chosen"}
    return ask(request, tasks.choose_extras, payload, row.show.tenant)


@box_office
@require_POST
def offer(request: HttpRequest, show_id: int) -> HttpResponse:
    """A product of stock is sold with this show from now on."""
    row = the_show(request, show_id)
    sku, most = request.POST.get("sku", "").strip(), request.POST.get("most", "")
    try:
        extra = shows.offer(row, sku, int(most) if most.isdecimal() else 0)
        messages.success(request, f"{extra} is offered in the checkout.")
    except ConveyorError as error:
        messages.error(request, str(error))
    return redirect("selling", row.pk)


@box_office
@require_POST
def withdraw(request: HttpRequest, show_id: int, extra_id: int) -> HttpResponse:
    """It is offered no more; what is sold or held stays so."""
    row = the_show(request, show_id)
    extra = get_object_or_404(Extra, show=row, pk=extra_id)
    shows.withdraw(extra)
    messages.success(request, f"{extra} is not offered any more.")
    return redirect("selling", row.pk)
