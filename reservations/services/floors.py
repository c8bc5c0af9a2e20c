"""The floor of a show in this process: its hall is kept, which of its seats are free is read anew under the show's lock."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from jobs.core.errors import NotFound
from reservations.core.hall import Floor, Hall, Spot
from reservations.core.picker import Picker
from reservations.core.seat import Kind
from reservations.models import Show, ShowSeat

KEPT = 32
FREE = """
    SELECT string_agg(
               CASE WHEN state = 'free' OR (state = 'held' AND held_until <= moment) THEN '1' ELSE '0' END, '' ORDER BY id
           ) FILTER (WHERE id IS NOT NULL),
           max(moment)
      FROM (SELECT id, state, held_until FROM reservations_showseat WHERE show_id = %s) seats
     RIGHT JOIN (SELECT clock_timestamp() AS moment) clock ON true"""
_pickers: OrderedDict[tuple[int, int, int], Picker] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Opened:
    """A show whose lock this transaction has, its floor as it is, and the server's time."""

    show: Show
    picker: Picker
    now: datetime

    @property
    def floor(self) -> Floor:
        return self.picker.floor

    @property
    def hall(self) -> Hall:
        return self.picker.floor.hall

    def ids(self, seats: list[int]) -> list[int]:
        return [self.hall.spots[s].id for s in seats]


def lock(show_id: int) -> Show:
    """The first lock of every transaction that changes seats, so that no two wait for each other in a ring; raises NotFound."""
    show = Show.objects.select_for_update(no_key=True).filter(pk=show_id).first()
    if show is None:
        raise NotFound(f"There is no show {show_id}.")
    return show


def open_floor(show_id: int) -> Opened:
    """Lock the show and look at its floor."""
    show = lock(show_id)
    free, now = look(show_id)
    return Opened(show, _picker(show, free), now)


def look(show_id: int) -> tuple[bytes, datetime]:
    """1 for each seat that is free, 0 for the others, and when that was so. Without the lock it may be over already."""
    with connection.cursor() as cursor:
        cursor.execute(FREE, [show_id])
        bits, now = cursor.fetchone() or (None, None)
    assert now is not None
    return (bits or "").encode().translate(bytes.maketrans(b"01", b"\x00\x01")), now


def _picker(show: Show, free: bytes) -> Picker:
    key = (show.pk, show.painting, len(free))
    picker = _pickers.get(key)
    if picker is None:
        picker = _pickers[key] = Picker(Floor(hall_of(show), free))
        while len(_pickers) > KEPT:
            _pickers.popitem(last=False)
    picker.floor.refresh(free)
    return picker


def hall_of(show: Show) -> Hall:
    names = ("pk", "zone_id", "seat__block_id", "seat__kind", "seat__penalty", "seat__x", "seat__y", "area_id", "seat__block__ring")
    rows = list(ShowSeat.objects.filter(show=show).order_by("pk").values_list(*names))
    spots = [
        Spot(pk, zone, block or 0, Kind(kind or Kind.NORMAL), penalty or 0, x or 0.0, y or 0.0, area)
        for pk, zone, block, kind, penalty, x, y, area, _ in rows
    ]
    return Hall(spots, {row[2] for row in rows if row[8]})
