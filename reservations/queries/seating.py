"""A show's seats for a map: what never changes once, what changes by the second apart."""

from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

from django.db import connection

from reservations.models import Booking, Hold, Seat, Show, ShowSeat

Word = TypeVar("Word", bound=Hashable)
SEAT_COLUMNS = ("id", "section", "row", "block", "place", "label", "x", "y", "kind", "zone")
# What a ticket's place in words is read from.
WITH_PLACE = ("show_seat__seat__block__row__section", "show_seat__area", "show_seat__zone")
# Held past its time is free for all, whether or not anyone has swept it.
STATUS = "CASE WHEN state = 'held' AND held_until <= clock_timestamp() THEN 'free' ELSE state END"


def map_of(show: Show) -> dict[str, Any]:
    """Everything that a seat map draws, as JSON values.

    `seats` are rows of `columns`: `id` is the show seat's, `section` and `row` index the lists of that name; `status` has the seats
    that are not free, by id. Standing areas have counts.
    """
    rows = _rows(show)
    sections = _numbered(s["section"] for s in rows)
    lines = _numbered((s["section"], s["row"]) for s in rows)
    return {
        "show": show.pk,
        "painting": show.painting,
        "on_sale": show.on_sale(),
        "on_sale_from": show.on_sale_from,
        "on_sale_until": show.on_sale_until,
        "limit_per_buyer": show.limit_per_buyer,
        "width": show.map.width,
        "height": show.map.height,
        "stage": [show.map.stage_x, show.map.stage_y],
        "zones": [{"id": z.pk, "name": z.name, "price": str(z.price), "colour": z.colour} for z in show.zones.all()],
        "sections": list(sections),
        "rows": [{"section": sections[section], "label": label} for section, label in lines],
        "columns": list(SEAT_COLUMNS),
        "seats": [_columns(s, sections[s["section"]], lines[s["section"], s["row"]]) for s in rows],
        "areas": areas_of(show),
        **statuses(show),
    }


def statuses(show: Show) -> dict[str, Any]:
    """`status`: {id: held | booked | blocked} of all seats that are not free now; `now`: the server's time."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {STATUS} FROM reservations_showseat WHERE show_id = %s AND seat_id IS NOT NULL AND {STATUS} <> 'free'", [show.pk]
        )
        taken = dict(cursor.fetchall())
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone() or (None,)
    return {"status": taken, "now": now}


def areas_of(show: Show) -> list[dict[str, Any]]:
    """Standing areas with how many places are free now; an area has one zone."""
    sql = f"""
        SELECT a.id, a.name, a.x, a.y, a.width, a.height, min(s.zone_id) AS zone, count(*) AS capacity,
               count(*) FILTER (WHERE {STATUS} = 'free') AS free
          FROM reservations_showseat s JOIN reservations_area a ON a.id = s.area_id
         WHERE s.show_id = %s GROUP BY a.id ORDER BY a.name"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [show.pk])
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def of_seats(seat_ids: list[int]) -> list[dict[str, Any]]:
    """Show seats as a buyer reads them: section, row, label (or the area), zone, price."""
    rows = ShowSeat.objects.filter(pk__in=seat_ids).select_related("seat__block__row__section", "area", "zone").order_by("pk")
    return [described(row) for row in rows]


def of_hold(hold: Hold) -> list[dict[str, Any]]:
    """The seats of a hold as their buyer has seen them, in place and price."""
    rows = ShowSeat.objects.filter(pk__in=hold.seat_ids).select_related("seat__block__row__section", "area", "zone").order_by("pk")
    return [described(row) | {"price": str(hold.price_of(row.zone))} for row in rows]


def of_booking(booking: Booking) -> list[dict[str, Any]]:
    """The seats of a booking for what was paid for them."""
    tickets = booking.tickets.filter(cancelled_at=None).select_related(*WITH_PLACE).order_by("show_seat")
    return [described(ticket.show_seat) | {"price": str(ticket.price)} for ticket in tickets]


def described(row: ShowSeat) -> dict[str, Any]:
    """One show seat in words; standing has neither row nor label."""
    where = {"section": row.area.name, "row": "", "label": "", "kind": "standing"} if row.area else _place(row.seat)
    return {"id": row.pk, **where, "zone": row.zone.name, "price": str(row.zone.price)}


def in_words(seat: dict[str, Any]) -> str:
    """One described seat for people: Stalls, row C, seat 7."""
    return f"{seat['section']}, {line_in_words(seat['row'])}, seat {seat['label']}" if seat["row"] else f"{seat['section']}, standing"


def line_in_words(row: str) -> str:
    """Row C; a row that has a word of its own, like Table 7, is called by it."""
    return row if " " in row else f"row {row}"


def _place(seat: Seat | None) -> dict[str, Any]:
    assert seat
    line = seat.block.row
    return {"section": line.section.name, "row": line.label, "label": seat.label, "kind": seat.kind}


def _rows(show: Show) -> list[dict[str, Any]]:
    names = {
        "section": "seat__block__row__section__name",
        "row": "seat__block__row__label",
        "block": "seat__block_id",
        "place": "seat__place",
        "label": "seat__label",
        "x": "seat__x",
        "y": "seat__y",
        "kind": "seat__kind",
    }
    found = ShowSeat.objects.filter(show=show, seat__isnull=False).order_by("pk").values_list("pk", "zone_id", *names.values())
    return [{"id": pk, "zone": zone, **dict(zip(names, values, strict=True))} for pk, zone, *values in found]


def _numbered(words: Iterable[Word]) -> dict[Word, int]:
    return {word: number for number, word in enumerate(dict.fromkeys(words))}


def _columns(seat: dict[str, Any], section: int, row: int) -> list[Any]:
    return [seat["id"], section, row, *(seat[name] for name in SEAT_COLUMNS[3:])]
