"""The picker against brute force: on halls small enough to try every choice, nothing is better by the picker's own stated order."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from reservations.core.hall import Floor, Hall, Spot
from reservations.core.picker import Picker, Want
from reservations.core.seat import Kind
from reservations.core.singles import alternative, left_single

ROOM = 250


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    """Up to 12 seats in blocks of 1 to 6, some around a table, with zones, some kinds and some taken."""
    spots: list[Spot] = []
    rings = []
    for block in range(1, draw(st.integers(1, 3)) + 1):
        if draw(st.booleans()):
            rings.append(block)
        for place in range(draw(st.integers(1, 6))):
            if len(spots) < 12:
                kind = draw(st.sampled_from([Kind.NORMAL] * 6 + [Kind.RESTRICTED, Kind.WHEELCHAIR, Kind.COMPANION]))
                where = {"x": 50.0 * place, "y": 80.0 * block}
                spots.append(Spot(100 + len(spots), draw(st.integers(1, 2)), block, kind, draw(st.integers(0, 9)), **where))
    return Floor(Hall(spots, rings), bytes(draw(st.lists(st.integers(0, 1), min_size=len(spots), max_size=len(spots)))))


def choices(floor: Floor, want: Want) -> list[tuple[int, ...]]:
    """Every choice of so many free ordinary seats in the zones."""
    hall = floor.hall
    free = [n for n in range(len(hall)) if floor.free[n] and hall.ordinary[n] and (not want.zones or hall.spots[n].zone in want.zones)]
    return list(combinations(free, want.size))


def beside(floor: Floor, a: int, b: int) -> bool:
    """Neighbours of one block; around a table the last is the first one's."""
    span = floor.hall.blocks[floor.hall.block_of[a]]
    if b not in range(span.start, span.stop):
        return False
    return abs(a - b) == 1 or (span.ring and abs(a - b) == len(span) - 1)


def groups(floor: Floor, seats: tuple[int, ...]) -> list[set[int]]:
    """Who sits together: the choice in pieces whose seats are linked by neighbours."""
    left, found = set(seats), []
    while left:
        group, edge = set[int](), {left.pop()}
        while edge:
            group |= edge
            edge = {s for s in left if any(beside(floor, s, t) for t in group)}
            left -= edge
        found.append(group)
    return found


@settings(max_examples=ROOM, deadline=None)
@given(floors(), st.integers(1, 5), st.sets(st.integers(1, 2)))
def test_side_by_side_nothing_is_better_than_what_is_picked(floor: Floor, size: int, zones: set[int]) -> None:
    want = Want(size, frozenset(zones))
    picked = Picker(floor).pick(want)
    every = choices(floor, want)
    if picked is None:
        assert every == [], "a fitting choice is free"
        return
    seats = tuple(sorted(picked))
    assert seats in every
    assert len(seats) == size
    together = [c for c in every if len(groups(floor, c)) == 1]
    if together:
        best = min((len(left_single(floor, c)), floor.hall.penalty(c)) for c in together)
        assert len(groups(floor, seats)) == 1
        assert (len(left_single(floor, seats)), floor.hall.penalty(seats)) == best


@settings(max_examples=ROOM, deadline=None)
@given(floors(), st.integers(2, 5))
def test_a_party_that_must_be_split_is_split_as_little_as_can_be_and_nobody_sits_alone(floor: Floor, size: int) -> None:
    want = Want(size)
    picked = Picker(floor).pick(want)
    if picked is None:
        return
    seats = tuple(sorted(picked))
    split = [c for c in choices(floor, want) if all(len(g) > 1 for g in groups(floor, c))]
    if split:
        fewest = min(len(groups(floor, c)) for c in split)
        assert all(len(g) > 1 for g in groups(floor, seats))
        assert len(groups(floor, seats)) == fewest
        least = min(len(left_single(floor, c)) for c in split if len(groups(floor, c)) == fewest)
        assert len(left_single(floor, seats)) == least


@settings(max_examples=ROOM, deadline=None)
@given(floors(), st.integers(1, 4))
def test_no_single_seat_is_left_when_that_can_be_avoided(floor: Floor, size: int) -> None:
    want = Want(size)
    picked = Picker(floor).pick(want)
    together = [c for c in choices(floor, want) if len(groups(floor, c)) == 1]
    if picked and any(not left_single(floor, c) for c in together):
        assert left_single(floor, picked) == []


@settings(max_examples=ROOM, deadline=None)
@given(floors(), st.integers(1, 4))
def test_the_rule_refuses_only_where_an_alternative_is_and_the_alternative_keeps_it(floor: Floor, size: int) -> None:
    for chosen in choices(floor, Want(size))[:20]:
        zones = frozenset(floor.hall.spots[s].zone for s in chosen)
        good = [c for c in choices(floor, Want(size, zones)) if len(groups(floor, c)) == 1 and not left_single(floor, c)]
        instead = alternative(floor, chosen)
        assert (instead is not None) == bool(good)
        if instead:
            assert tuple(sorted(instead)) in good


@settings(max_examples=ROOM, deadline=None)
@given(floors(), st.integers(1, 4), st.integers(1, 2))
def test_wheelchairs_get_as_many_spaces_as_they_need_and_seats_for_the_others(floor: Floor, size: int, accessible: int) -> None:
    accessible = min(accessible, size)
    picked = Picker(floor).pick(Want(size, accessible=accessible))
    hall = floor.hall
    spaces = [n for n in range(len(hall)) if floor.free[n] and hall.spots[n].kind is Kind.WHEELCHAIR]
    others = [n for n in range(len(hall)) if floor.free[n] and hall.spots[n].kind is not Kind.WHEELCHAIR]
    assert (picked is not None) == (len(spaces) >= accessible and len(others) >= size - accessible)
    if picked:
        assert sum(hall.spots[s].kind is Kind.WHEELCHAIR for s in picked) == accessible
        assert len(set(picked)) == size
        assert all(floor.free[s] for s in picked)


@settings(max_examples=200, deadline=None)
@given(floors(), st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_what_a_picker_remembers_is_what_a_new_one_would_find(floor: Floor, sizes: list[int]) -> None:
    remembering = Picker(floor)
    for size in sizes:
        picked = remembering.pick(Want(size))
        assert picked == Picker(Floor(floor.hall, bytes(floor.free))).pick(Want(size))
        if picked:
            floor.take(picked)
