"""What the picker would take now, for a buyer who only looks: nothing is locked, nothing is taken."""

from functools import lru_cache

from reservations.core.hall import Floor, Hall
from reservations.core.picker import Picker, Want
from reservations.models import Show
from reservations.services import floors


def best(show: Show, want: Want) -> list[int] | None:
    """Ids of the show seats that a hold for `want` would get at this moment; None where nothing fits."""
    free, _ = floors.look(show.pk)
    hall = _hall(show.pk, show.painting, len(free))
    found = Picker(Floor(hall, free)).pick(want)
    return [hall.spots[s].id for s in found] if found else None


@lru_cache(maxsize=16)
def _hall(show_id: int, painting: int, seats: int) -> Hall:
    """A hall never changes while its painting and the number of its seats do not."""
    return floors.hall_of(Show.objects.get(pk=show_id))
