"""What follows an offer to somebody who waits: a mail with the way to it; another when it is over."""

from uuid import UUID

from pydantic import BaseModel

from jobs.declare import Event, GiveUp, JobContext, on
from reservations.delivery import PATIENT
from reservations.models import Hold, WaitingEntry
from reservations.queries import seating
from reservations.services import letters, links
from reservations.services.letters import Draft


class Mailed(BaseModel):
    """False: it was sent before, or is true no more."""

    sent: bool


@on("waiting.*", retry=PATIENT)
def tell_party(ctx: JobContext, told: Event) -> Mailed:
    """Mail a party of the waiting list what became of it."""
    entry, hold = _of(ctx, told)
    offered = told.name == "waiting.offered"
    if offered and hold.state_now() != Hold.State.ACTIVE:
        return Mailed(sent=False)
    stays = entry.state == WaitingEntry.State.WAITING
    words = {"stays": stays, "entry": entry, "hold": hold, "show": entry.show, "link": links.to_entry(entry)} | {
        "seats": [seating.in_words(s) for s in seating.of_seats(hold.seat_ids)]
    }
    template = f"seats/mail/{'offered' if offered else 'lapsed'}.txt"
    return Mailed(sent=letters.send(Draft(f"{told.name}:{hold.pk}", entry.email, template, words)))


def _of(ctx: JobContext, told: Event) -> tuple[WaitingEntry, Hold]:
    rows = WaitingEntry.objects.select_related("show__map__venue").filter(show__tenant__slug=ctx.tenant)
    entry = rows.filter(pk=UUID(told.data["entry"])).first()
    hold = Hold.objects.filter(show=entry.show_id, pk=UUID(told.data["hold"])).first() if entry else None
    if entry is None or hold is None:
        raise GiveUp(f"There is no entry {told.data['entry']} with that offer.")
    return entry, hold
