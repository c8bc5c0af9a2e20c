"""Holding seats. The requests of a show are served together: one lock, one look at the floor, one statement for each kind of change.

Within a batch they are served in order on the floor in memory; what they took is written at the end, and the database
refuses it as a whole if a seat was not as it looked.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from reservations.core.picker import Want
from reservations.core.seat import Kind
from reservations.core.singles import alternative, left_single
from reservations.models import Hold, RoomPlace, Ticket
from reservations.services import extras, floors, news, taking, waiting_list
from reservations.services.answers import Held, Refused

PROLONG = """
    UPDATE reservations_hold h SET expires_at = v.until, draft = v.draft, seat_ids = v.seats::bigint[], exchanges_id = v.booking
      FROM unnest(%s::uuid[], %s::timestamptz[], %s::boolean[], %s::text[], %s::uuid[]) AS v(id, until, draft, seats, booking)
     WHERE h.id = v.id AND h.state = 'active'"""


@dataclass(frozen=True, slots=True)
class Request:
    """Seats by id, or the best that fit; with `hold` more for that hold, or with nothing wanted the same for longer.

    `draft` None: what was settled stays settled. `exchanges`: a booking of the buyer, for whose seats these are meant.
    """

    reference: str
    buyer: str
    seats: Sequence[int] = ()
    best: Want | None = None
    hold: uuid.UUID | None = None
    draft: bool | None = False
    accessible: bool = False
    user: int | None = None
    exchanges: uuid.UUID | None = None


@transaction.atomic
def hold(show_id: int, requests: Sequence[Request]) -> list[Held | Refused]:
    """Serve requests of one show in their order, each wholly or not at all; a repeated reference gets its first hold again."""
    desk = Desk(show_id, requests)
    answers = [desk.serve(request) for request in requests]
    desk.write()
    return answers


class Desk:
    """One batch of requests of one show."""

    def __init__(self, show_id: int, requests: Sequence[Request]) -> None:
        self.at = floors.open_floor(show_id)
        waiting_list.serve(self.at)
        named = {r.hold for r in requests if r.hold}
        known = Hold.objects.filter(show_id=show_id)
        self.by_reference = {h.reference: h for h in known.filter(reference__in=[r.reference for r in requests])}
        self.by_id = {h.pk: h for h in known.filter(pk__in=named)} if named else {}
        self.by_id |= {h.pk: h for h in self.by_reference.values()}
        buyers = {r.buyer for r in requests if r.buyer}
        self.has = taking.seats_of(show_id, buyers, self.at.now)
        self.admitted = admitted(show_id, buyers, self.at.now) if self.at.show.waiting_room else buyers
        self.made: dict[uuid.UUID, Hold] = {}
        self.changed: dict[uuid.UUID, Hold] = {}
        self.news: set[int] = set()

    def serve(self, request: Request) -> Held | Refused:
        if first := self.by_reference.get(request.reference):
            return self.answer(first)
        if refused := self._not_now(request):
            return refused
        hold = self.by_id.get(request.hold) if request.hold else None
        if request.hold and not self._is_theirs(hold, request):
            return Refused(code="hold_over", message="This hold is over. Choose again.")
        own = [self.at.hall.index[i] for i in hold.seat_ids] if hold else []
        chosen = self._choose(request, own)
        if isinstance(chosen, Refused):
            return chosen
        if request.buyer and self.has[request.buyer] + len(chosen) > self.at.show.limit_per_buyer + self._to_give(request, hold):
            return Refused(code="limit_reached", message=f"One buyer may have {self.at.show.limit_per_buyer} seats of this show.")
        if refused := self._against_the_rules(request, [*own, *chosen]):
            return refused
        return self._keep(request, hold, chosen)

    def _not_now(self, request: Request) -> Refused | None:
        if request.buyer and not self.at.show.on_sale(self.at.now):
            return Refused(code="not_on_sale", message="This show is not on sale now.")
        if request.buyer and request.buyer not in self.admitted:
            return Refused(code="waiting_room", message="Wait in the waiting room until it is your turn.")
        return None

    def _to_give(self, request: Request, hold: Hold | None) -> int:
        """How many seats of a booking may go for new ones: they don't count against the limit meanwhile."""
        booking = (hold and hold.exchanges_id) or request.exchanges
        if not booking:
            return 0
        valid = Ticket.objects.filter(booking=booking, booking__show=self.at.show, booking__buyer=request.buyer, cancelled_at=None)
        return valid.count()

    def _is_theirs(self, hold: Hold | None, request: Request) -> bool:
        return bool(hold and hold.state == "active" and hold.expires_at > self.at.now and request.buyer in ("", hold.buyer))

    def _choose(self, request: Request, own: list[int]) -> list[int] | Refused:
        """The seats to take in addition, all free."""
        if request.best:
            return self.at.picker.pick(request.best) or self._sold_out(request.best)
        unknown = [i for i in request.seats if i not in self.at.hall.index]
        if unknown:
            return Refused(code="unknown_seats", message="This show has no such seats.", taken=unknown)
        wanted = [s for s in dict.fromkeys(self.at.hall.index[i] for i in request.seats) if s not in own]
        if taken := [s for s in wanted if not self.at.floor.free[s]]:
            return self._taken(request, own, wanted, taken)
        if not wanted and not own:
            return Refused(code="nothing_wanted", message="Choose at least one seat.")
        return wanted

    def _sold_out(self, want: Want) -> Refused:
        left = self.at.picker.left(want)
        return Refused(code="sold_out", message=f"There are no {want.size} such seats left.", left=left)

    def _taken(self, request: Request, own: list[int], wanted: list[int], taken: list[int]) -> Refused:
        zones = frozenset(self.at.hall.spots[s].zone for s in wanted)
        instead = [] if own else self.at.picker.pick(Want(len(wanted), zones)) or []
        message = "This seat was taken a moment ago." if len(taken) == 1 else f"{len(taken)} of these seats were taken a moment ago."
        return Refused(code="seats_taken", message=message, taken=self.at.ids(taken), alternative=self.at.ids(instead))

    def _against_the_rules(self, request: Request, seats: list[int]) -> Refused | None:
        if not request.buyer or request.best:
            return None
        kinds = Counter(self.at.hall.spots[s].kind for s in seats)
        if kinds[Kind.WHEELCHAIR] and not request.accessible:
            return Refused(code="wheelchair_space", message="This space is kept for someone who uses a wheelchair.")
        if kinds[Kind.COMPANION] and not kinds[Kind.WHEELCHAIR]:
            return Refused(code="companion_alone", message="A companion's seat is sold with a wheelchair's space.")
        settled = request.draft is None and not request.seats
        return None if request.draft or settled else leaves_single(self.at, seats)

    def _keep(self, request: Request, hold: Hold | None, chosen: list[int]) -> Held:
        show, now = self.at.show, self.at.now
        if hold is None:
            hold = Hold(show=show, reference=request.reference, buyer=request.buyer, owner_id=request.user, started_at=now)
            hold.ceiling_at = now + show.hold_ceiling
            self.made[hold.pk] = hold
            self.by_reference[request.reference] = self.by_id[hold.pk] = hold
        elif hold.pk not in self.made:
            self.changed[hold.pk] = hold
        hold.expires_at = min(now + show.hold_for, hold.ceiling_at)
        hold.seat_ids = sorted([*hold.seat_ids, *self.at.ids(chosen)])
        if request.draft is not None:
            hold.draft = request.draft
        if request.exchanges and self._to_give(request, None):
            hold.exchanges_id = request.exchanges
        self.at.floor.take(chosen)
        self.has[request.buyer] += len(chosen)
        self.news.update(self.at.ids(chosen))
        return self.answer(hold)

    def answer(self, hold: Hold) -> Held:
        seats = [self.at.hall.index[i] for i in hold.seat_ids]
        single, instead = singles(self.at, seats) if hold.draft else ([], [])
        return Held(
            hold=hold.pk,
            seats=hold.seat_ids,
            expires_at=hold.expires_at,
            ceiling_at=hold.ceiling_at,
            now=self.at.now,
            leaves_single=single,
            alternative=instead,
        )

    def write(self) -> None:
        """Holds first, then their seats."""
        Hold.objects.bulk_create(self.made.values())
        touched = [*self.made.values(), *self.changed.values()]
        if self.changed:
            rows = self.changed.values()
            seats = ["{" + ",".join(map(str, h.seat_ids)) + "}" for h in rows]
            values = [[h.pk for h in rows], [h.expires_at for h in rows], [h.draft for h in rows], seats, [h.exchanges_id for h in rows]]
            taking.exactly(PROLONG, values, len(rows))
            extras.prolong(rows, self.at.now)
        taking.take(self.at.show, touched)
        news.tell("held", self.at.show, self.news, "held")


def singles(at: floors.Opened, seats: list[int]) -> tuple[list[int], list[int]]:
    """Ids of the seats that this choice leaves single, and of the seats to take instead; both empty where the rule is off or content."""
    ordinary = [s for s in seats if at.hall.ordinary[s]]
    if not at.show.no_single_seats or not ordinary or len(ordinary) < len(seats):
        return [], []
    was = [at.floor.free[s] for s in seats]
    at.floor.give(seats)
    single = left_single(at.floor, seats)
    instead = alternative(at.floor, seats) if single else None
    at.floor.take(s for s, free in zip(seats, was, strict=True) if not free)
    return (at.ids(single), at.ids(instead)) if instead else ([], [])


def leaves_single(at: floors.Opened, seats: list[int]) -> Refused | None:
    """The refusal of a choice that leaves a single seat, where another would not."""
    single, instead = singles(at, seats)
    message = "This would leave a single seat that nobody wants. Take the seats beside it."
    return Refused(code="leaves_single", message=message, taken=single, alternative=instead) if instead else None


def admitted(show_id: int, buyers: Collection[str], now: datetime) -> set[str]:
    return set(RoomPlace.objects.filter(show_id=show_id, visitor__in=buyers, until__gt=now).values_list("visitor", flat=True))
