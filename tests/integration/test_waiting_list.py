"""The waiting list: seats that come back go to who waits, in order, if they fit; and on when the offer runs out."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from jobs.infra.redis import client
from jobs.services import lifecycle
from jobs.subscribers import handlers
from jobs.testing import run_submitted
from reservations.core.picker import Want
from reservations.models import Hold, Show, ShowSeat, WaitingEntry
from reservations.services import bookings, holding, releasing, waiting_list
from reservations.services.answers import Booked, Held, Left, Refused, Waits
from tests.support.halls import on_sale
from tests.support.seat_storm import broken


@pytest.fixture
def show(transactional_db: None) -> Show:
    """Sold out: ten of its forty seats to each of four buyers, a row each."""
    client().flushdb()
    show = on_sale()
    ids = list(show.seats.values_list("pk", flat=True))
    for row in range(4):
        hold_of(show, f"user:{row}", seats=ids[row * 10 : row * 10 + 10], accessible=True)
    assert not show.seats.filter(state="free").exists()
    return show


def hold_of(show: Show, buyer: str, **wanted: Any) -> Held:
    answer = holding.hold(show.pk, [holding.Request(f"{buyer}:{Hold.objects.count()}", buyer, **wanted)])[0]
    assert isinstance(answer, Held), answer
    return answer


def wait(show: Show, number: int, size: int = 2, **more: Any) -> WaitingEntry:
    said = waiting_list.join(show.pk, waiting_list.Join(f"user:{number}", None, f"Party {number}", f"p{number}@example.com", size, **more))
    assert isinstance(said, Waits), said
    return WaitingEntry.objects.get(pk=said.entry)


def free(show: Show, seats: slice) -> list[int]:
    ids = sorted(show.seats.values_list("pk", flat=True))[seats]
    hold = ShowSeat.objects.get(pk=ids[0]).hold
    assert hold
    releasing.release(show.pk, [releasing.Request(hold.pk, hold.buyer, ids)])
    return ids


def states(*entries: WaitingEntry) -> list[str]:
    for entry in entries:
        entry.refresh_from_db()
    return [entry.state for entry in entries]


def over(hold: Hold) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Hold.objects.filter(pk=hold.pk).update(expires_at=past)
    ShowSeat.objects.filter(hold=hold).update(held_until=past)


def test_seats_that_come_back_are_held_for_the_first_whom_they_fit(show: Show) -> None:
    large, small = wait(show, 11, 5), wait(show, 12, 2)
    seats = free(show, slice(10, 12))
    assert states(large, small) == ["waiting", "offered"]
    assert small.offer
    assert small.offer.seat_ids == seats
    refused = holding.hold(show.pk, [holding.Request("x", "user:99", seats)])[0]
    assert isinstance(refused, Refused)
    booked = bookings.confirm(show.pk, [bookings.Confirm(small.offer.pk, "user:12", "Party", "p@example.com")])[0]
    assert isinstance(booked, Booked)
    assert states(large, small) == ["waiting", "served"]
    assert broken() == {}


def test_an_offer_that_runs_out_goes_on_to_the_next_though_nobody_swept_it(show: Show) -> None:
    first, second = wait(show, 11), wait(show, 12)
    seats = free(show, slice(10, 12))
    assert states(first, second) == ["offered", "waiting"]
    assert first.offer
    over(first.offer)
    refused = holding.hold(show.pk, [holding.Request("quick", "user:99", seats)])[0]
    assert isinstance(refused, Refused), "a passer-by was quicker than who waits"
    assert states(first, second) == ["waiting", "offered"]
    assert second.offer
    assert second.offer.seat_ids == seats
    assert broken() == {}


def test_the_sweep_passes_offers_on(show: Show) -> None:
    first, second = wait(show, 11), wait(show, 12)
    free(show, slice(10, 12))
    first.refresh_from_db()
    assert first.offer
    over(first.offer)
    releasing.expire()
    assert states(first, second) == ["waiting", "offered"]


def test_who_let_an_offer_run_out_stays_at_the_end_rests_and_is_off_after_the_second(show: Show) -> None:
    first, second = wait(show, 11), wait(show, 12)
    free(show, slice(10, 12))
    first.refresh_from_db()
    assert first.offer
    over(first.offer)
    releasing.expire()
    assert states(first, second) == ["waiting", "offered"]
    third = wait(show, 13)
    assert [waiting_list.ahead_of(entry) for entry in (first, third)] == [0, 1]
    assert waiting_list.leave(show.pk, second.pk, "user:12")
    assert states(first, third) == ["waiting", "offered"], "it rests: seats are not kept again for somebody who is asleep"
    free(show, slice(20, 22))
    assert states(first) == ["waiting"]
    assert show.seats.filter(state="free").count() == 2, "while it rests others may have them"
    WaitingEntry.objects.filter(pk=first.pk).update(rests_until=timezone.now())
    releasing.free(show.pk, [], "anything opens the floor")
    assert states(first) == ["offered"]
    over(Hold.objects.get(offered_to=first))
    releasing.expire()
    assert states(first) == ["left"]
    again = wait(show, 11, 4)
    assert (again.pk != first.pk, again.offers) == (True, 0)


def test_a_late_confirmation_of_an_offer_that_nobody_else_took_serves_its_party(show: Show) -> None:
    entry = wait(show, 11)
    free(show, slice(10, 12))
    entry.refresh_from_db()
    assert entry.offer
    over(entry.offer)
    releasing.expire()
    assert states(entry) == ["waiting"]
    assert isinstance(bookings.confirm(show.pk, [bookings.Confirm(entry.offer.pk, "user:11", "P", "p@example.com")])[0], Booked)
    assert states(entry) == ["served"]


def test_a_hold_that_runs_out_a_cancellation_and_the_staff_bring_seats_to_the_list(show: Show) -> None:
    held = Hold.objects.filter(buyer="user:0").get()
    made = bookings.confirm(show.pk, [bookings.Confirm(held.pk, "user:0", "A", "a@example.com")])[0]
    assert isinstance(made, Booked)
    entries = [wait(show, n) for n in (11, 12, 13)]
    bookings.cancel(show.pk, made.booking, "user:0")
    assert states(*entries)[0] == "offered"
    Show.objects.filter(pk=show.pk).update(limit_per_buyer=20)
    over(Hold.objects.get(buyer="user:1"))
    releasing.expire()
    assert states(*entries) == ["offered"] * 3


def test_zones_sitting_together_and_the_limit_are_kept(show: Show) -> None:
    zone = show.zones.get()
    apart, together = wait(show, 11, 3, zones=[zone.pk]), wait(show, 12, 3, together=False)
    ids = sorted(show.seats.values_list("pk", flat=True))
    hold = ShowSeat.objects.get(pk=ids[10]).hold
    assert hold
    releasing.release(show.pk, [releasing.Request(hold.pk, hold.buyer, [ids[10], ids[12], ids[14]])])
    assert states(apart, together) == ["waiting", "offered"]
    said = waiting_list.join(show.pk, waiting_list.Join("user:13", None, "P", "p13@example.com", 2, zones=[999_999]))
    assert isinstance(said, Refused)
    assert said.code == "unknown_zones"
    said = waiting_list.join(show.pk, waiting_list.Join("user:14", None, "P", "p14@example.com", 11))
    assert isinstance(said, Refused)
    assert said.code == "limit_reached"


def test_joining_twice_is_one_place_and_free_seats_are_not_waited_for(show: Show) -> None:
    entry = wait(show, 11)
    assert wait(show, 11).pk == entry.pk
    other = waiting_list.join(show.pk, waiting_list.Join("user:12", None, "P", "P11@example.com", 2))
    assert isinstance(other, Refused)
    assert other.code == "address_waits"
    assert isinstance(waiting_list.leave(show.pk, entry.pk, "user:11"), Left)
    free(show, slice(10, 14))
    said = waiting_list.join(show.pk, waiting_list.Join("user:13", None, "P", "p13@example.com", 2))
    assert isinstance(said, Refused)
    assert said.code == "seats_free"


def test_who_declines_gives_the_seats_to_the_next(show: Show) -> None:
    first, second = wait(show, 11), wait(show, 12)
    free(show, slice(10, 12))
    assert isinstance(waiting_list.leave(show.pk, first.pk, "user:11"), Left)
    assert states(first, second) == ["left", "offered"]
    refused = waiting_list.leave(show.pk, second.pk, "user:11")
    assert isinstance(refused, Refused)
    assert broken() == {}


def test_an_offer_that_goes_into_a_booking_in_exchange_is_served(show: Show) -> None:
    Show.objects.filter(pk=show.pk).update(limit_per_buyer=20)
    held = Hold.objects.get(buyer="user:0")
    made = bookings.confirm(show.pk, [bookings.Confirm(held.pk, "user:0", "A", "a@example.com")])[0]
    assert isinstance(made, Booked)
    entry = wait(show, 0)
    free(show, slice(10, 12))
    entry.refresh_from_db()
    assert entry.offer
    changed = bookings.exchange(show.pk, made.booking, "user:0", made.seats[:2], entry.offer.pk)
    assert isinstance(changed, Booked)
    holding.hold(show.pk, [holding.Request("x", "user:99", best=Want(1))])
    assert states(entry) == ["served"]


def test_a_party_is_told_of_its_offer_and_of_its_end_once(show: Show) -> None:
    entry = wait(show, 11)
    free(show, slice(10, 12))
    deliver()
    (sent,) = mail.outbox
    assert sent.to == ["p11@example.com"]
    assert "Stalls, row B, seat 1" in sent.body
    entry.refresh_from_db()
    assert entry.offer
    over(entry.offer)
    releasing.expire()
    deliver()
    assert "at its end" in mail.outbox[1].body
    assert [message.subject.split(":")[0] for message in mail.outbox] == ["Seats for you", "Your offer is over, you still wait"]


def deliver() -> None:
    lifecycle.record()
    while handlers.follow():
        run_submitted()


def test_a_party_waits_on_the_page_and_the_box_office_sees_it(platform: None, django_user_model: Any) -> None:
    show = on_sale()
    ids = sorted(show.seats.values_list("pk", flat=True))
    releasing.block(show.pk, ids, "kept")
    ada = Client()
    ada.force_login(django_user_model.objects.create_user("ada"))
    address = f"/shows/{show.pk}/waiting/"
    assert "Give a name" in ada.post(address, {"size": "0"}).content.decode()
    page = ada.post(address, {"name": "Ada", "email": "ada@example.com", "size": "2", "together": "on"}, follow=True).content.decode()
    assert "You are number 1" in page
    assert ada.get(f"{address}everyone/").status_code == 403
    boss = Client()
    boss.force_login(django_user_model.objects.create_superuser("boss"))
    assert "ada@example.com" in boss.get(f"{address}everyone/").content.decode()
    releasing.free(show.pk, ids[:2], "not needed")
    page = ada.get(address).content.decode()
    assert "Seats are kept for you" in page
    entry = WaitingEntry.objects.get()
    assert "You wait no more" in ada.post(f"{address}{entry.pk}/leave/", follow=True).content.decode()


def test_the_page_tells_who_let_offers_run_out_where_they_are(platform: None, django_user_model: Any) -> None:
    show = on_sale()
    ada = Client()
    user = django_user_model.objects.create_user("ada")
    ada.force_login(user)
    address = f"/shows/{show.pk}/waiting/"
    ids = sorted(show.seats.values_list("pk", flat=True))
    releasing.block(show.pk, ids, "kept")
    ada.post(address, {"name": "Ada", "email": "ada@example.com", "size": "2", "together": "on"})
    releasing.free(show.pk, ids[:2], "not needed")
    assert "you to the end of the list" in ada.get(address).content.decode()
    for told in ("The next offer is the last", "Two offers to you ran out"):
        over(WaitingEntry.objects.get().offer)  # type: ignore[arg-type]
        releasing.expire()
        assert told in ada.get(address).content.decode()
        WaitingEntry.objects.update(rests_until=None)
        releasing.free(show.pk, [], "anything opens the floor")
    assert "Wait for seats" in ada.get(address).content.decode()
