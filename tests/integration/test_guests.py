"""Buying without an account: a guest is known by a cookie, comes back by the link of a mail, and may take all into an account later."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from reservations.core.picker import Want
from reservations.models import Booking, Hold, RoomPlace, Show, ShowSeat, WaitingEntry
from reservations.queries import buyers
from reservations.services import bookings, claiming, holding, links, releasing, waiting_list
from reservations.services.answers import Booked, Held, Refused
from tests.integration.test_waiting_list import deliver, over
from tests.support.halls import on_sale

ADDRESS = "gus@example.com"


@pytest.fixture
def show(platform: None) -> Show:
    return on_sale(limit_per_buyer=4, no_single_seats=False)


def said(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


def free(show: Show, count: int, after: int = 0) -> list[int]:
    return sorted(show.seats.filter(state="free", seat__kind="normal").values_list("pk", flat=True))[after : after + count]


def held(guest: Client, show: Show, seats: list[int], **more: Any) -> str:
    """The address of the checkout."""
    guest.get(f"/shows/{show.pk}/")
    page = guest.post(f"/shows/{show.pk}/hold/", {"seat": seats, **more}, follow=True)
    assert "Almost yours" in said(page), said(page)
    return str(page.redirect_chain[-1][0])


def booked(guest: Client, show: Show, seats: list[int], email: str = ADDRESS) -> Booking:
    guest.post(f"{held(guest, show, seats)}confirm/", {"name": "Gus", "email": email})
    return Booking.objects.latest("booked_at")


def visitor(show: Show, number: int, size: int, email: str) -> Booked | Refused:
    """Another session buys."""
    buyer = f"visitor:{number}"
    hold = holding.hold(show.pk, [holding.Request(f"{buyer}:{size}", buyer, best=Want(size))])[0]
    assert isinstance(hold, Held)
    return bookings.confirm(show.pk, [bookings.Confirm(hold.hold, buyer, "Gus", email)])[0]


def test_a_guest_buys_looks_exchanges_and_cancels_and_nobody_else_does(show: Show) -> None:
    guest, other = Client(), Client()
    other.get(f"/shows/{show.pk}/")
    checkout = held(guest, show, free(show, 2))
    assert "You need no account" in said(guest.get(checkout))
    assert other.get(checkout).status_code == 404
    assert other.post(f"{checkout}confirm/", {"name": "X", "email": "x@example.com"}).status_code == 404
    page = guest.post(f"{checkout}confirm/", {"name": "Gus", "email": ADDRESS}, follow=True)
    row = Booking.objects.get()
    assert (row.owner, row.buyer.startswith("visitor:")) == (None, True)
    assert row.number in said(page)
    assert row.number in said(guest.get("/shows/bookings/"))
    assert row.number not in said(other.get("/shows/bookings/"))
    pages = [f"/shows/bookings/{row.pk}/{name}" for name in ("", "tickets.pdf", "calendar.ics", "wallet/")]
    for address in [*pages, f"/shows/tickets/{row.tickets.all()[0].pk}/"]:
        assert guest.get(address).status_code == 200, address
        assert other.get(address).status_code == 404, address
        assert Client().get(address).status_code == 404, address
    assert other.post(pages[0]).status_code == 404
    new = held(guest, show, free(show, 2), exchanges=str(row.pk))
    assert "Exchange them for seats of booking" in said(guest.get(new))
    give = {"hold": new.split("/")[-2], "give": row.seats_now()}
    assert other.post(f"{pages[0]}exchange/", give).status_code == 404
    assert "The seats are exchanged" in said(guest.post(f"{pages[0]}exchange/", give, follow=True))
    assert guest.get(new)["Location"] == pages[0], "the back button"
    again = guest.post(f"{new}confirm/", {"name": "Gus", "email": ADDRESS}, follow=True)
    assert "went into a booking that you had" in said(again), "a second press"
    assert "The booking is cancelled" in said(guest.post(pages[0], follow=True))
    assert not ShowSeat.objects.filter(show=show, state="booked").exists()


def test_the_api_serves_the_pages_of_a_guest_and_asks_others_who_they_are(show: Show) -> None:
    guest = Client(headers={"prefer": "wait=10"})
    call = f"/api/shows/{show.pk}/holds"
    assert guest.post(call, {"seats": free(show, 1)}, content_type="application/json").status_code == 401
    guest.get(f"/shows/{show.pk}/")
    answer = guest.post(call, {"seats": free(show, 1), "draft": True}, content_type="application/json").json()
    assert answer["result"]["outcome"] == "held"
    hold = answer["result"]["hold"]
    confirm = guest.post(f"{call}/{hold}/confirm", {"name": "Gus", "email": ADDRESS}, content_type="application/json").json()
    booking = confirm["result"]["booking"]
    assert [row["id"] for row in guest.get("/api/bookings").json()] == [booking]
    other = Client()
    other.get(f"/shows/{show.pk}/")
    assert other.get("/api/bookings").json() == []
    assert other.get(f"/api/bookings/{booking}").status_code == 404
    assert guest.get("/api/jobs").status_code == 401, "nothing but seats"
    assert guest.get(f"/api/shows/{show.pk}/door").status_code in (401, 403)
    checks = Client(enforce_csrf_checks=True)
    checks.cookies = guest.cookies
    assert checks.post(call, {"seats": free(show, 1)}, content_type="application/json").status_code == 403


def test_a_forged_cookie_is_nobody(show: Show) -> None:
    guest = Client()
    row = booked(guest, show, free(show, 1))
    forger = Client()
    forger.cookies[buyers.COOKIE] = row.buyer.removeprefix("visitor:") + ":forged"
    assert forger.get(f"/shows/bookings/{row.pk}/").status_code == 404
    assert forger.get("/api/bookings").status_code == 401


def test_the_link_of_the_mail_opens_the_booking_on_another_device(show: Show) -> None:
    row = booked(Client(), show, free(show, 2))
    deliver()
    text = str(mail.outbox[0].body)
    (link,) = re.findall(r"https?://[^/]+(/shows/b/\S+)", text)
    phone = Client()
    assert phone.get(link[:-2] + "/").status_code == 404
    page = phone.get(link, follow=True)
    assert page.redirect_chain[-1][0] == f"/shows/bookings/{row.pk}/"
    assert row.number in said(phone.get("/shows/bookings/"))
    ticket = row.tickets.first()
    assert ticket
    assert phone.get(f"/shows/tickets/{ticket.pk}/").status_code == 200
    assert Client().get(f"/shows/bookings/{row.pk}/").status_code == 404
    new = held(phone, show, free(show, 2))
    give = {"hold": new.split("/")[-2], "give": row.seats_now()}
    page = phone.post(f"/shows/bookings/{row.pk}/exchange/", give, follow=True)
    assert "The seats are exchanged" in said(page), "held by this device, for a booking of the other"
    assert "cancelled" in said(phone.post(f"/shows/bookings/{row.pk}/", follow=True))


def test_a_device_that_others_use_forgets_and_the_link_is_sent_again(show: Show) -> None:
    guest = Client()
    row = booked(guest, show, free(show, 1))
    deliver()
    assert "has forgotten you" in said(guest.post("/shows/bookings/forget/", follow=True))
    assert guest.get(f"/shows/bookings/{row.pk}/").status_code == 404
    mail.outbox.clear()
    asked = {"number": row.number.lower(), "email": ADDRESS.upper()}
    answers = {said(guest.post("/shows/bookings/send/", a, follow=True)) for a in (asked, asked, {"number": row.number, "email": "x@y.zz"})}
    assert len({"If there is a booking" in answer for answer in answers}) == 1
    deliver()
    assert [(m.to, "the way to your booking" in str(m.body)) for m in mail.outbox] == [([ADDRESS], True)]
    (link,) = re.findall(r"https?://[^/]+(/shows/b/\S+)", str(mail.outbox[0].body))
    assert guest.get(link, follow=True).status_code == 200


def test_who_signs_in_takes_everything_along(show: Show, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("gus", ADDRESS, "a long pass phrase")
    guest = Client()
    row = booked(guest, show, free(show, 1))
    checkout = held(guest, show, free(show, 2))
    link = links.to_booking(row)
    RoomPlace.objects.create(show=show, visitor=row.buyer, turn=1)
    guest.post("/login/", {"username": "gus", "password": "a long pass phrase", "next": checkout})
    assert "Almost yours" in said(guest.get(checkout)), "the seats stay held"
    assert row.number in said(guest.get("/shows/bookings/"))
    assert {Booking.objects.get().owner, Hold.objects.get(state="active").owner} == {user}
    assert RoomPlace.objects.get().visitor == f"user:{user.pk}"
    guest.post("/logout/")
    assert guest.get(f"/shows/bookings/{row.pk}/").status_code == 404
    assert guest.get(link)["Location"].startswith("/login/"), "the link of a booking that has an account opens by signing in"


def test_a_booking_that_a_link_opened_goes_into_an_account_by_a_press(show: Show, django_user_model: Any) -> None:
    row = booked(Client(), show, free(show, 1))
    ada = Client()
    ada.force_login(django_user_model.objects.create_user("ada"))
    keep = f"/shows/bookings/{row.pk}/keep/"
    assert ada.post(keep).status_code == 404
    ada.get(links.to_booking(row))
    assert "Keep it in my account" in said(ada.get(f"/shows/bookings/{row.pk}/"))
    assert "among the bookings of your account" in said(ada.post(keep, follow=True))
    assert ada.get(keep).status_code == 405
    assert row.number in said(ada.get("/shows/bookings/"))


def test_a_new_session_is_no_new_limit_for_the_same_address(show: Show) -> None:
    assert isinstance(visitor(show, 1, 3, ADDRESS), Booked)
    refused = visitor(show, 2, 2, ADDRESS.upper())
    assert isinstance(refused, Refused)
    assert (refused.code, "with this address 3 are booked" in refused.message) == ("limit_reached", True)
    assert Hold.objects.get(buyer="visitor:2").state == "active", "the seats stay held: another may pay for them"
    assert isinstance(visitor(show, 3, 1, ADDRESS), Booked)
    assert isinstance(visitor(show, 4, 4, "else@example.com"), Booked)


def test_one_batch_counts_an_address_as_it_goes(show: Show) -> None:
    holds = holding.hold(show.pk, [holding.Request(f"r{n}", f"visitor:{n}", best=Want(3)) for n in range(2)])
    asked = [bookings.Confirm(h.hold, f"visitor:{n}", "G", ADDRESS) for n, h in enumerate(holds) if isinstance(h, Held)]
    assert [answer.outcome for answer in bookings.confirm(show.pk, asked)] == ["booked", "refused"]


def test_the_limit_of_an_address_is_told_in_the_checkout_and_the_seats_stay(show: Show) -> None:
    assert isinstance(visitor(show, 1, 4, ADDRESS), Booked)
    guest = Client()
    checkout = held(guest, show, free(show, 1))
    page = guest.post(f"{checkout}confirm/", {"name": "Gus the second", "email": ADDRESS})
    assert page.status_code == 422
    assert "with this address 4 are booked" in said(page)
    assert "Gus the second" in said(page)


def test_a_guest_waits_and_takes_the_offer_by_the_link_of_its_mail(show: Show) -> None:
    ids = sorted(show.seats.values_list("pk", flat=True))
    releasing.block(show.pk, ids, "kept")
    guest, phone = Client(), Client()
    address = f"/shows/{show.pk}/waiting/"
    assert "Wait for seats" in said(guest.get(address))
    page = guest.post(address, {"name": "Gus", "email": ADDRESS, "size": "2", "together": "on"}, follow=True)
    assert "You are number 1" in said(page)
    assert "You are number" not in said(phone.get(address))
    entry = WaitingEntry.objects.get()
    assert phone.post(f"{address}{entry.pk}/leave/").status_code == 404
    releasing.free(show.pk, ids[:2], "not needed")
    deliver()
    (link,) = re.findall(r"https?://[^/]+(/shows/w/\S+)", str(mail.outbox[0].body))
    assert "Seats are kept for you" in said(phone.get(link, follow=True))
    entry.refresh_from_db()
    checkout = f"/shows/holds/{entry.offer_id}/"
    assert Client().get(checkout).status_code == 404
    assert "Gus" in said(phone.post(f"{checkout}confirm/", {"name": "Gus", "email": ADDRESS}, follow=True))
    entry.refresh_from_db()
    assert entry.state == "served"


def test_an_address_that_has_its_share_does_not_wait_for_more(show: Show) -> None:
    assert isinstance(visitor(show, 1, 4, ADDRESS), Booked)
    releasing.block(show.pk, free(show, 100), "kept")
    refused = waiting_list.join(show.pk, waiting_list.Join("visitor:9", None, "Gus", ADDRESS, 1))
    assert isinstance(refused, Refused)
    assert refused.code == "limit_reached"


def test_at_the_limit_new_seats_are_held_for_an_exchange_and_for_nothing_else(show: Show) -> None:
    buyer, other = "user:1", "user:2"
    hold = holding.hold(show.pk, [holding.Request("a", buyer, best=Want(4))])[0]
    assert isinstance(hold, Held)
    made = bookings.confirm(show.pk, [bookings.Confirm(hold.hold, buyer, "A", "a@b.cc")])[0]
    assert isinstance(made, Booked)
    ask = lambda who, **more: holding.hold(show.pk, [holding.Request(f"{who}{more}", who, best=Want(4), **more)])[0]  # noqa: E731
    assert getattr(ask(buyer), "code", "") == "limit_reached"
    assert isinstance(ask(other, exchanges=made.booking), Held), "their own limit"
    assert getattr(ask(other, exchanges=made.booking, draft=True), "code", "") == "limit_reached", "another's booking gives nothing"
    new = ask(buyer, exchanges=made.booking)
    assert isinstance(new, Held)
    refused = bookings.confirm(show.pk, [bookings.Confirm(new.hold, buyer, "A", "a@b.cc")])[0]
    assert getattr(refused, "code", "") == "limit_reached"
    few = bookings.exchange(show.pk, made.booking, buyer, made.seats[:2], new.hold)
    assert getattr(few, "code", "") == "limit_reached"
    all_four = bookings.exchange(show.pk, made.booking, buyer, made.seats, new.hold)
    assert isinstance(all_four, Booked)
    assert all_four.seats == sorted(new.seats)


def test_more_time_asks_no_rule_that_was_settled(show: Show) -> None:
    buyer = "user:1"
    Show.objects.update(no_single_seats=True)
    second = [show.seats.filter(seat__block__row__rank=2, seat__place=1)[0].pk]
    hold = holding.hold(show.pk, [holding.Request("a", buyer, second)])[0]
    assert isinstance(hold, Refused), "leaves the first alone"
    drawn = holding.hold(show.pk, [holding.Request("b", buyer, second, draft=True)])[0]
    assert isinstance(drawn, Held)
    longer = holding.hold(show.pk, [holding.Request("c", buyer, hold=drawn.hold, draft=None, accessible=True)])[0]
    assert isinstance(longer, Held)
    assert Hold.objects.get().draft, "what was not settled is not by waiting"
    Hold.objects.update(draft=False)
    assert isinstance(holding.hold(show.pk, [holding.Request("d", buyer, hold=drawn.hold, draft=None, accessible=True)])[0], Held)
    assert not Hold.objects.get().draft
    assert isinstance(bookings.confirm(show.pk, [bookings.Confirm(drawn.hold, buyer, "A", "a@b.cc")])[0], Booked)


def test_a_place_that_is_had_already_is_not_replaced_by_signing_in(show: Show, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("gus")
    RoomPlace.objects.create(show=show, visitor=f"user:{user.pk}", turn=1)
    RoomPlace.objects.create(show=show, visitor="visitor:1", turn=5)
    claiming.claim("visitor:1", user)
    assert set(RoomPlace.objects.values_list("visitor", "turn")) == {(f"user:{user.pk}", 1), ("visitor:1", 5)}


def test_a_guests_time_that_is_over_is_told_with_a_way_on(show: Show) -> None:
    guest = Client()
    checkout = held(guest, show, free(show, 2))
    over(Hold.objects.get())
    assert "Book if they are still free" in said(guest.get(checkout))
    page = guest.post(f"{checkout}confirm/", {"name": "Gus", "email": ADDRESS}, follow=True)
    assert Booking.objects.get().number in said(page)
