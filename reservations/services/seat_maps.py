"""Keeping drawn halls: each version once, frozen when a show uses it."""

from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from jobs.core.errors import InvalidInput, InvalidState
from reservations.core import geometry
from reservations.core.seat import Drawing, DrawnArea, DrawnRow, DrawnSeat, DrawnSection, Kind
from reservations.models import Area, Block, Row, Seat, SeatMap, Section, Venue

MOST_SEATS = 60_000
WIDEST = 200_000


@transaction.atomic
def create(venue: Venue, drawing: Drawing) -> SeatMap:
    """Keep a drawing as the next version of the hall of that name; raises InvalidInput."""
    _check(drawing)
    Venue.objects.select_for_update().get(pk=venue.pk)
    last = SeatMap.objects.filter(venue=venue, name=drawing.name).aggregate(last=Max("version"))["last"] or 0
    made = SeatMap.objects.create(venue=venue, name=drawing.name, version=last + 1, **_frame(drawing))
    _fill(made, drawing)
    return made


@transaction.atomic
def replace(map: SeatMap, drawing: Drawing) -> SeatMap:
    """Draw a map that no show uses anew, under its version; raises InvalidState when it is frozen, InvalidInput."""
    _check(drawing)
    map = SeatMap.objects.select_for_update().get(pk=map.pk)
    if map.frozen_at:
        raise InvalidState(f"A show uses {map}. Save it as a new version.")
    map.sections.all().delete()
    map.areas.all().delete()
    for name, value in _frame(drawing).items():
        setattr(map, name, value)
    map.save()
    _fill(map, drawing)
    return map


def freeze(map: SeatMap) -> None:
    """From now on the database refuses every change to its seats."""
    SeatMap.objects.filter(pk=map.pk, frozen_at=None).update(frozen_at=timezone.now())


def drawing_of(map: SeatMap) -> Drawing:
    """The map as it was drawn, for an editor or a file."""
    sections = tuple(DrawnSection(s.name, tuple(_rows_of(s))) for s in map.sections.prefetch_related("rows__blocks__seats"))
    areas = tuple(DrawnArea(a.name, a.capacity, a.x, a.y, a.width, a.height) for a in map.areas.all())
    return Drawing(map.name, map.width, map.height, sections, areas, (map.stage_x, map.stage_y))


def _rows_of(section: Section) -> Iterator[DrawnRow]:
    for row in section.rows.all():
        blocks = row.blocks.all()
        seats = tuple(DrawnSeat(s.label, s.x, s.y, Kind(s.kind)) for block in blocks for s in block.seats.all())
        yield DrawnRow(row.label, seats, any(block.ring for block in blocks))


def _frame(drawing: Drawing) -> dict[str, float]:
    return {"width": drawing.width, "height": drawing.height, "stage_x": drawing.stage[0], "stage_y": drawing.stage[1]}


def _check(drawing: Drawing) -> None:
    seats = [seat for section in drawing.sections for row in section.rows for seat in row.seats]
    names, places = [s.name for s in drawing.sections], [(s.x, s.y) for s in seats]
    corners = [corner for a in drawing.areas for corner in ((a.x, a.y), (a.x + a.width, a.y + a.height))]
    inside = all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in [*places, *corners, drawing.stage])
    twice = next((row.label for section in drawing.sections for row in section.rows if _repeats(row)), "")
    wrong = {
        "The hall has no name.": not drawing.name.strip(),
        "The hall has no seats and no room to stand.": not seats and not drawing.areas,
        f"The hall has more than {MOST_SEATS:,} seats.": len(seats) > MOST_SEATS,
        "Two sections have the same name.": len(set(names)) < len(names),
        "Two areas have the same name.": len({a.name for a in drawing.areas}) < len(drawing.areas),
        "Two seats are in the same place.": len(set(places)) < len(places),
        "A seat, an area or the stage lies outside the map.": not inside,
        f"A map is at most {WIDEST:,} wide and deep.": not (0 < drawing.width <= WIDEST and 0 < drawing.height <= WIDEST),
        "An area has no width or no depth.": any(a.width <= 0 or a.height <= 0 for a in drawing.areas),
        "A section or an area has no name.": any(not name.strip() for name in [*names, *(a.name for a in drawing.areas)]),
        f"Row {twice} has two seats of one number.": bool(twice),
        "An area needs room for 1 to 20,000 people.": any(not 1 <= a.capacity <= 20_000 for a in drawing.areas),
        "A name or label is too long.": any(len(n) > 80 for n in [*names, *(a.name for a in drawing.areas)])
        or any(len(s.label) > 20 for s in seats)
        or any(len(r.label) > 20 for section in drawing.sections for r in section.rows),
    }
    if found := [sentence for sentence, is_so in wrong.items() if is_so]:
        raise InvalidInput(" ".join(found))


def _repeats(row: DrawnRow) -> bool:
    return len({seat.label for seat in row.seats}) < len(row.seats)


def _fill(map: SeatMap, drawing: Drawing) -> None:
    """Sections, rows, blocks and seats, one INSERT for each kind."""
    sections = Section.objects.bulk_create(Section(map=map, name=s.name, number=n) for n, s in enumerate(drawing.sections))
    rows, cuts = _rows(zip(sections, drawing.sections, strict=True))
    Row.objects.bulk_create(rows)
    blocks = [(Block(row=row, number=n, ring=ring), seats, pitch) for row, ring, pitch, cut in cuts for n, seats in enumerate(cut)]
    Block.objects.bulk_create(block for block, _, _ in blocks)
    Seat.objects.bulk_create(
        (_seat(map, block, place, seat, pitch) for block, seats, pitch in blocks for place, seat in enumerate(seats)), batch_size=2000
    )
    Area.objects.bulk_create(
        Area(map=map, name=a.name, capacity=a.capacity, x=a.x, y=a.y, width=a.width, height=a.height) for a in drawing.areas
    )


Cut = tuple[Row, bool, float, list[list[DrawnSeat]]]


def _rows(pairs: Iterable[tuple[Section, DrawnSection]]) -> tuple[list[Row], list[Cut]]:
    rows, cuts = [], []
    for section, drawn in pairs:
        pitch = geometry.pitch(drawn)
        for rank, row in enumerate(drawn.rows):
            rows.append(Row(section=section, label=row.label, rank=rank))
            cuts.append((rows[-1], row.ring, pitch, geometry.blocks(row, pitch)))
    return rows, cuts


def _seat(map: SeatMap, block: Block, place: int, seat: DrawnSeat, pitch: float) -> Seat:
    penalty = geometry.penalty(seat, (map.stage_x, map.stage_y), pitch)
    return Seat(map=map, block=block, place=place, label=seat.label, x=seat.x, y=seat.y, kind=seat.kind, penalty=penalty)
