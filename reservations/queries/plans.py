"""What a seat map in a browser needs, compact: the plan, which is kept by the browser, and what is taken now, which is not."""

from datetime import datetime
from typing import Any
from zlib import crc32

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from jobs.queries import events
from reservations.core.seat import Kind
from reservations.models import Area, Hold, Show, ShowSeat
from reservations.queries.seating import STATUS

# One letter a seat: normal, wheelchair, companion, restricted view.
LETTERS = {kind.value: kind.value[0] for kind in Kind}


def plan_of(show: Show) -> dict[str, Any]:
    """Columns of all seats in the order of the hall; the same for one `version_of` the show.

    `row` indexes `rows` of [section, label], a section indexes `sections`, `zone` indexes `zones`; `kind` has one letter a seat.
    An area's `seats` are spans of the ids of its places.
    """
    zones = list(show.zones.all())
    index = {zone.pk: number for number, zone in enumerate(zones)}
    names = ("pk", "zone_id", "seat__block__row_id", "seat__label", "seat__x", "seat__y", "seat__kind")
    found = list(ShowSeat.objects.filter(show=show, seat__isnull=False).order_by("pk").values_list(*names))
    rows, lines = _rows(show)
    return {
        "show": show.pk,
        "size": [show.map.width, show.map.height],
        "stage": [show.map.stage_x, show.map.stage_y],
        "zones": [{"id": z.pk, "name": z.name, "price": str(z.price), "colour": z.colour} for z in zones],
        "sections": [section.name for section in show.map.sections.all()],
        "rows": rows,
        "id": [seat[0] for seat in found],
        "zone": [index[seat[1]] for seat in found],
        "row": [lines[seat[2]] for seat in found],
        "label": [seat[3] for seat in found],
        "x": [_short(seat[4]) for seat in found],
        "y": [_short(seat[5]) for seat in found],
        "kind": "".join(LETTERS[seat[6]] for seat in found),
        "areas": _areas(show, index),
    }


def version_of(show: Show) -> str:
    """Another one whenever the plan is: after a painting, and when a price is called or costs something else."""
    zones = repr([(z.pk, z.name, str(z.price), z.colour) for z in show.zones.all()])
    return f"{show.painting}-{crc32(zones.encode()):08x}"


def _rows(show: Show) -> tuple[list[list[Any]], dict[int, int]]:
    """[section, label] of each row, and where each row stands among them."""
    rows: list[list[Any]] = []
    lines: dict[int, int] = {}
    for number, section in enumerate(show.map.sections.prefetch_related("rows")):
        for row in section.rows.all():
            lines[row.pk] = len(rows)
            rows.append([number, row.label])
    return rows, lines


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 1)


def _areas(show: Show, zones: dict[int, int]) -> list[dict[str, Any]]:
    ids: dict[int, list[int]] = {}
    zone: dict[int, int] = {}
    for pk, area, painted in ShowSeat.objects.filter(show=show, area__isnull=False).order_by("pk").values_list("pk", "area_id", "zone_id"):
        ids.setdefault(area, []).append(pk)
        zone.setdefault(area, zones[painted])
    drawn = Area.objects.filter(pk__in=ids)
    return [
        {"id": a.pk, "name": a.name, "box": [a.x, a.y, a.width, a.height], "zone": zone[a.pk], "seats": _spans(ids[a.pk])} for a in drawn
    ]


def _spans(ids: list[int]) -> list[list[int]]:
    spans: list[list[int]] = []
    for id in ids:
        if spans and spans[-1][1] == id - 1:
            spans[-1][1] = id
        else:
            spans.append([id, id])
    return spans


def now_of(show: Show, buyer: str) -> dict[str, Any]:
    """What is taken now, by state; this buyer's open hold; how the sale is; the server's time; and the place in the journal from which
    to follow on."""
    place = events.now()
    sql = (
        f"SELECT {STATUS} AS now, array_agg(id ORDER BY id) FROM reservations_showseat WHERE show_id = %s AND {STATUS} <> 'free' GROUP BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [show.pk])
        taken = dict(cursor.fetchall())
    now = timezone.now()
    return {"taken": taken, "hold": held_by(show, buyer), "sale": sale_of(show, now), "now": now.isoformat(), "place": place}


def sale_of(show: Show, now: datetime) -> dict[str, Any]:
    """Whether seats are sold; if not yet, from when on; and whether who comes then goes through the waiting room."""
    ahead = show.state == Show.State.PUBLISHED and now < show.on_sale_from
    return {"open": show.on_sale(now), "opens_at": show.on_sale_from.isoformat() if ahead else None, "room": show.waiting_room}


def held_by(show: Show, buyer: str) -> dict[str, Any] | None:
    hold = open_hold(show, buyer)
    if hold is None:
        return None
    return {
        "hold": str(hold.pk),
        "seats": hold.seat_ids,
        "expires_at": hold.expires_at.isoformat(),
        "ceiling_at": hold.ceiling_at.isoformat(),
        "quoted": hold.quoted,
    }


def open_hold(show: Show, buyer: str) -> Hold | None:
    """The newest hold of this buyer that still runs; nobody has none."""
    running = Q(state=Hold.State.ACTIVE, expires_at__gt=timezone.now())
    return Hold.objects.filter(running, show=show, buyer=buyer).order_by("-started_at").first() if buyer else None
