"""Holding, booking and giving back, on real tables: what may be had is had by one."""

import random
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from jobs.infra import journal
from jobs.infra.redis import client
from jobs.services import lifecycle
from reservations import tasks
from reservations.core import generator
from reservations.core.picker import Want
from reservations.models import Hold, Seat, Show, ShowSeat, Ticket
from reservations.queries import plans
from reservations.services import bookings, holding, releasing
from reservations.services.answers import Booked, Cancelled, Held, Refused
from tests.support.halls import on_sale
from tests.support.seat_storm import broken


@pytest.fixture
def show(db: None) -> Show:
    return on_sale()


def seats(show: Show) -> list[int]:
    return list(show.seats.values_list("pk", flat=True))


def ask(show: Show, chosen: list[int] | None = None, buyer: str = "user:1", **more: object) -> Held | Refused:
    return holding.hold(show.pk, [holding.Request(f"job:{uuid4()}", buyer, chosen or [], **more)])[0]  # type: ignore[arg-type]


def held(answer: object) -> Held:
    assert isinstance(answer, Held), answer
    return answer


def refused(answer: object, code: str) -> Refused:
    assert isinstance(answer, Refused), answer
    assert answer.code == code
    return answer


def book(show: Show, hold: Held, buyer: str = "user:1") -> Booked | Refused:
    return bookings.confirm(show.pk, [bookings.Confirm(hold.hold, buyer, "Ada", "ada@example.com")])[0]


def over(hold: Held) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Hold.objects.filter(pk=hold.hold).update(expires_at=past)
    ShowSeat.objects.filter(hold=hold.hold).update(held_until=past)


def test_a_repeated_request_gets_its_first_hold(show: Show) -> None:
    request = holding.Request("job:1", "user:1", seats(show)[:2])
    first, again = holding.hold(show.pk, [request, request])
    later = holding.hold(show.pk, [request])[0]
    assert held(first).hold == held(again).hold == held(later).hold
    assert Hold.objects.count() == 1


def test_of_two_in_one_batch_the_second_is_told_what_was_taken_and_what_to_take_instead(show: Show) -> None:
    ids = seats(show)
    first, second = holding.hold(show.pk, [holding.Request("a", "user:1", ids[:2]), holding.Request("b", "user:2", ids[1:3])])
    held(first)
    answer = refused(second, "seats_taken")
    assert answer.taken == [ids[1]]
    assert len(answer.alternative) == 2
    assert not set(answer.alternative) & set(ids[:2])


def test_a_choice_that_leaves_a_single_seat_is_refused_with_the_seats_beside_it(show: Show) -> None:
    ids = seats(show)
    answer = refused(ask(show, ids[1:3]), "leaves_single")
    assert answer.taken == [ids[0]]
    held(ask(show, answer.alternative))


def test_a_draft_is_told_of_single_seats_and_its_confirmation_refused_until_they_are_gone(show: Show) -> None:
    ids = seats(show)
    draft = held(ask(show, ids[1:3], draft=True))
    assert draft.leaves_single == [ids[0]]
    refused(book(show, draft), "leaves_single")
    held(ask(show, [ids[0]], hold=draft.hold, draft=True))
    assert isinstance(book(show, draft), Booked)


def test_no_buyer_has_more_than_the_limit(show: Show) -> None:
    Show.objects.update(limit_per_buyer=5)
    assert isinstance(book(show, held(ask(show, best=Want(3)))), Booked)
    held(ask(show, best=Want(2)))
    refused(ask(show, best=Want(1)), "limit_reached")
    held(ask(show, best=Want(1), buyer="user:2"))


def test_a_wheelchair_space_is_for_who_needs_it_and_comes_with_a_companion(show: Show) -> None:
    space, companion = (show.seats.get(seat__kind=kind).pk for kind in ("wheelchair", "companion"))
    refused(ask(show, [space]), "wheelchair_space")
    refused(ask(show, [companion]), "companion_alone")
    assert held(ask(show, best=Want(2, accessible=1))).seats == sorted([space, companion])


def test_a_hold_is_over_at_its_time_though_nobody_swept_it(show: Show) -> None:
    ids = seats(show)
    first = held(ask(show, ids[:2]))
    over(first)
    held(ask(show, ids[:2], buyer="user:2"))
    refused(ask(show, ids[2:4], hold=first.hold), "hold_over")
    assert releasing.expire() == []
    assert Hold.objects.get(pk=first.hold).state == "expired"
    assert broken() == {}


def test_a_late_confirmation_gets_the_same_seats_else_others_as_good_else_a_refusal(show: Show) -> None:
    ids = seats(show)
    early, late, last = (held(ask(show, ids[n : n + 5], buyer=f"user:{n}")) for n in (0, 5, 10))
    for hold in (early, late, last):
        over(hold)
    same = book(show, early, "user:0")
    assert isinstance(same, Booked)
    assert (same.moved, same.seats) == (False, ids[:5])
    held(ask(show, ids[5:10], buyer="user:9"))
    other = book(show, late, "user:5")
    assert isinstance(other, Booked)
    assert other.moved
    releasing.block(show.pk, [s.pk for s in show.seats.exclude(state="booked")], "fire")
    refused(book(show, last, "user:10"), "seats_gone")
    assert broken() == {}


def test_confirming_twice_makes_one_booking(show: Show) -> None:
    hold = held(ask(show, best=Want(2)))
    first, again = book(show, hold), book(show, hold)
    assert isinstance(first, Booked)
    assert isinstance(again, Booked)
    assert first.booking == again.booking
    assert Ticket.objects.count() == 2


def test_a_cancelled_booking_frees_its_seats_and_strangers_may_not(show: Show) -> None:
    made = book(show, held(ask(show, best=Want(2))))
    assert isinstance(made, Booked)
    refused(bookings.cancel(show.pk, made.booking, "user:2"), "unknown_booking")
    assert isinstance(bookings.cancel(show.pk, made.booking, "user:1"), Cancelled)
    assert held(ask(show, best=Want(2), buyer="user:2")).seats == made.seats
    assert broken() == {}


def test_an_exchange_gives_new_seats_for_old_in_one_step(show: Show) -> None:
    made = book(show, held(ask(show, best=Want(2))))
    assert isinstance(made, Booked)
    new = held(ask(show, seats(show)[25:27], buyer="user:1"))
    changed = bookings.exchange(show.pk, made.booking, "user:1", made.seats, new.hold)
    assert isinstance(changed, Booked)
    assert (changed.booking, changed.seats) == (made.booking, new.seats)
    assert Ticket.objects.filter(cancelled_at=None).count() == 2
    assert broken() == {}


def test_the_staff_block_held_seats_and_free_booked_ones(show: Show) -> None:
    hold = held(ask(show, best=Want(2)))
    releasing.block(show.pk, hold.seats[:1], "camera")
    assert Hold.objects.get(pk=hold.hold).seat_ids == hold.seats[1:]
    made = book(show, hold)
    assert isinstance(made, Booked)
    refused(releasing.block(show.pk, made.seats, "camera"), "booked")
    assert getattr(releasing.free(show.pk, made.seats, "double sale at the door"), "bookings", None) == [made.booking]
    assert broken() == {}


def test_the_database_refuses_a_second_ticket_and_a_change_of_a_used_map(show: Show) -> None:
    made = book(show, held(ask(show, best=Want(1))))
    assert isinstance(made, Booked)
    ticket = Ticket.objects.get()
    with pytest.raises(DatabaseError, match="a_seat_is_sold_once"):
        Ticket.objects.create(booking_id=made.booking, show_seat=ticket.show_seat, price=1)


def test_a_seat_of_a_used_map_does_not_move(show: Show) -> None:
    with pytest.raises(DatabaseError, match="frozen"):
        Seat.objects.filter(map=show.map).update(x=1)


@pytest.mark.django_db(transaction=True)
def test_in_a_storm_every_seat_is_sold_once_no_party_is_split_up_and_all_are_sold() -> None:
    show = on_sale(generator.straight("Storm", 10, 20, aisles_after=(10,)), limit_per_buyer=100)
    dice = random.Random(7)
    sizes = [[dice.randint(1, 6) for _ in range(60)] for _ in range(4)]
    failures: list[Exception] = []

    def buy(number: int) -> None:
        try:
            for at in range(0, 60, 5):
                asked = [holding.Request(f"{number}:{n}", f"user:{number}", best=Want(sizes[number][n])) for n in range(at, at + 5)]
                for answer in holding.hold(show.pk, asked):
                    if isinstance(answer, Held):
                        bookings.confirm(show.pk, [bookings.Confirm(answer.hold, f"user:{number}", "A", "a@b.example")])
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    Show.objects.filter(pk=show.pk).update(limit_per_buyer=100)
    threads = [threading.Thread(target=buy, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert broken() == {}
    left = ShowSeat.objects.exclude(state="booked").count()
    assert left == 0
    for hold in Hold.objects.filter(state="confirmed"):
        number, place = map(int, hold.reference.split(":"))
        assert len(hold.seat_ids) == sizes[number][place]


def test_the_sweeper_frees_the_rows_of_a_hold_that_is_over(show: Show) -> None:
    hold = held(ask(show, best=Want(2)))
    over(hold)
    assert tasks.sweep() == 1
    assert show.seats.exclude(state="free").count() == 0
    assert Hold.objects.get(pk=hold.hold).state == "expired"


def test_a_map_does_not_follow_from_the_beginning_where_redis_has_lost_the_journal(show: Show) -> None:
    client().flushdb()
    last = journal.append("seats.held", show.subject, "default", {"seats": seats(show)[:1], "status": "held"})
    lifecycle.record()
    client().flushdb()
    assert plans.now_of(show, "user:1")["place"] == last
