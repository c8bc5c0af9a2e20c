"""A booking may take stock too: reserved with the held seats, sold with the booking, given back with it; all or nothing."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.contrib import admin
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from jobs.core.errors import InvalidInput
from jobs.infra.redis import client
from jobs.services import lifecycle, tenants
from jobs.testing import run_submitted
from reservations import tasks
from reservations.core.picker import Want
from reservations.models import Booking, Extra, ExtraLine, Hold, RoomPlace, Show
from reservations.queries import door as door_list
from reservations.queries import extras as queries
from reservations.services import bookings, documents, door, extras, giving_back, holding, releasing, shows, waiting_list
from reservations.services.answers import Booked, Cancelled, Chosen, GivenBack, Held, Refused
from stock.models import Level, Movement, Product, Reservation, ReservationLine
from stock.services import expiry, ledger, levels
from tests.integration.test_guests import held as checkout_of
from tests.integration.test_guests import said
from tests.integration.test_waiting_list import deliver, over
from tests.support.halls import on_sale
from tests.support.stock import drift, product

BUYER = "user:1"


@pytest.fixture
def show(transactional_db: None) -> Show:
    client().flushdb()
    made = on_sale(no_single_seats=False)
    for sku, name, price, units in (("PROG", "Programme", "6.50", 5), ("PARK", "Parking", "12.00", 2)):
        product(sku, units, name=name, price=price)
        shows.offer(made, sku, 4)
    return made


def extra(sku: str) -> int:
    return Extra.objects.get(product__sku=sku).pk


def held(show: Show, buyer: str = BUYER, size: int = 2) -> Held:
    answer = holding.hold(show.pk, [holding.Request(f"{buyer}:{Hold.objects.count()}", buyer, best=Want(size))])[0]
    assert isinstance(answer, Held)
    return answer


def choose(show: Show, hold: Held, buyer: str = BUYER, **units: int) -> Chosen | Refused:
    return extras.choose(show.pk, extras.Choice(hold.hold, buyer, {extra(sku): n for sku, n in units.items()}))


def confirm(show: Show, hold: Held, buyer: str = BUYER) -> Booked | Refused:
    return bookings.confirm(show.pk, [bookings.Confirm(hold.hold, buyer, "Ada", "ada@example.com")])[0]


def stock() -> dict[str, tuple[int, int]]:
    assert drift() == []
    return {row.product.sku: (row.on_hand, row.reserved) for row in Level.objects.select_related("product")}


def test_extras_are_reserved_with_the_seats_and_sold_with_the_booking(show: Show) -> None:
    hold = held(show)
    chosen = choose(show, hold, PROG=2, PARK=1)
    assert isinstance(chosen, Chosen)
    assert chosen.total == Decimal("25.00")
    assert stock() == {"PROG": (5, 2), "PARK": (2, 1)}
    changed = choose(show, hold, PROG=3)
    assert isinstance(changed, Chosen)
    assert stock() == {"PROG": (5, 3), "PARK": (2, 0)}
    assert choose(show, hold, PROG=3) == changed, "asked again, nothing is done twice"
    made = confirm(show, hold)
    assert isinstance(made, Booked)
    assert made.total == Decimal("60.00") + Decimal("19.50")
    assert stock() == {"PROG": (2, 0), "PARK": (2, 0)}
    assert confirm(show, hold) == made
    assert stock() == {"PROG": (2, 0), "PARK": (2, 0)}


def test_what_is_sold_out_is_named_and_seats_and_earlier_extras_stay(show: Show) -> None:
    first, second = held(show), held(show, "user:2")
    choose(show, first, PARK=2)
    choose(show, second, "user:2", PROG=1)
    refused = choose(show, second, "user:2", PROG=2, PARK=1)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.short) == ("extras_gone", {extra("PARK"): 0})
    assert "Parking: sold out" in refused.message
    assert stock() == {"PROG": (5, 1), "PARK": (2, 2)}
    assert Hold.objects.get(pk=second.hold).state == "active"
    too_many = choose(show, first, PROG=9)
    assert getattr(too_many, "code", "") == "too_many_extras"
    nothing = extras.choose(show.pk, extras.Choice(first.hold, BUYER, {999: 1}))
    assert getattr(nothing, "code", "") == "unknown_extras"
    assert getattr(choose(show, first, "user:2", PROG=1), "code", "") == "unknown_hold"


def test_released_seats_give_their_extras_back_however_they_go(show: Show) -> None:
    for number, let_go in enumerate(
        (
            lambda h: releasing.release(show.pk, [releasing.Request(h.hold, BUYER)]),
            lambda h: releasing.block(show.pk, h.seats, "camera"),
            lambda h: releasing.free(show.pk, h.seats, "a mistake"),
        )
    ):
        hold = held(show)
        choose(show, hold, PROG=2)
        assert stock()["PROG"] == (5, 2), number
        let_go(hold)
        assert stock()["PROG"] == (5, 0), number


def test_extras_of_a_hold_that_ran_out_are_free_with_its_seats(show: Show) -> None:
    hold = held(show)
    choose(show, hold, PARK=2)
    row = Hold.objects.get()
    over(row)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    releasing.expire()
    expiry.sweep()
    assert stock()["PARK"] == (2, 0)
    assert getattr(choose(show, hold, PARK=1), "code", "") == "hold_over"


def test_extras_last_as_long_as_the_seats(show: Show) -> None:
    hold = held(show)
    choose(show, hold, PARK=1)
    Reservation.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
    holding.hold(show.pk, [holding.Request("more", BUYER, hold=hold.hold, draft=None)])
    lasts = Hold.objects.get().expires_at - Reservation.objects.get().expires_at
    assert abs(lasts) < timedelta(seconds=10)


def test_a_late_booking_gets_its_extras_if_they_are_still_there_else_nothing_is_booked(show: Show) -> None:
    lucky, late = held(show), held(show, "user:2")
    choose(show, lucky, PARK=1)
    choose(show, late, "user:2", PARK=1)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expiry.sweep()
    for row in Hold.objects.all():
        over(row)
    assert isinstance(confirm(show, lucky), Booked)
    assert stock()["PARK"] == (1, 0)
    other = held(show, "user:3")
    choose(show, other, "user:3", PARK=1)
    refused = confirm(show, late, "user:2")
    assert getattr(refused, "code", "") == "extras_gone"
    assert Booking.objects.count() == 1
    assert stock()["PARK"] == (1, 1)


def test_a_cancelled_booking_brings_its_extras_back_once(show: Show) -> None:
    ledger.revalue({Product.objects.get(sku="PROG").pk: Decimal("2.10")}, "test")
    hold = held(show)
    choose(show, hold, PROG=2, PARK=1)
    made = confirm(show, hold)
    assert isinstance(made, Booked)
    for _ in range(2):
        assert isinstance(bookings.cancel(show.pk, made.booking, BUYER), Cancelled)
    assert stock() == {"PROG": (5, 0), "PARK": (2, 0)}
    back = Movement.objects.filter(kind="returned").order_by("product__sku").values_list("unit_price", "unit_cost")
    assert list(back) == [(Decimal("12.00"), None), (Decimal("6.50"), Decimal("2.10"))]
    assert not ExtraLine.objects.filter(cancelled_at=None).exists()


def test_what_was_owed_is_owed_no_more_after_a_cancellation(show: Show) -> None:
    Product.objects.filter(sku="PARK").update(backorder=True)
    hold = held(show)
    assert isinstance(choose(show, hold, PARK=4), Chosen)
    made = confirm(show, hold)
    assert isinstance(made, Booked)
    bookings.cancel(show.pk, made.booking, BUYER)
    assert stock()["PARK"] == (2, 0)
    assert not Reservation.objects.filter(lines__location=None).exists()


def test_extras_of_a_booking_go_back_singly_and_the_seats_stay(show: Show) -> None:
    ledger.revalue({Product.objects.get(sku="PROG").pk: Decimal("2.10")}, "test")
    hold = held(show)
    choose(show, hold, PROG=3, PARK=1)
    made = confirm(show, hold)
    assert isinstance(made, Booked)
    deliver()
    mail.outbox.clear()
    for _ in range(2):
        said = giving_back.give_back(show.pk, made.booking, BUYER, {"PROG": 1})
        assert isinstance(said, GivenBack), said
        assert (said.extras, said.total) == ({"PROG": 1, "PARK": 1}, Decimal("78.50"))
    assert stock() == {"PROG": (4, 0), "PARK": (1, 0)}
    deliver()
    (told,) = mail.outbox
    assert told.subject.startswith("Your booking has changed")
    assert "1 × Programme, 1 × Parking" in str(told.body)
    assert "void" not in str(told.body), "the tickets are as they were"
    assert isinstance(giving_back.give_back(show.pk, made.booking, BUYER, {"PROG": 0, "PARK": 1}), GivenBack)
    row = Booking.objects.get()
    assert (row.total, row.revision, row.state, len(row.seats_now())) == (Decimal("72.00"), 3, "confirmed", 2)
    assert isinstance(bookings.cancel(show.pk, made.booking, BUYER), Cancelled)
    assert stock() == {"PROG": (5, 0), "PARK": (2, 0)}
    back = Movement.objects.filter(kind="returned").order_by("pk").values_list("product__sku", "quantity", "unit_price", "unit_cost")
    price, cost = Decimal("6.50"), Decimal("2.10")
    assert list(back) == [("PROG", 2, price, cost), ("PROG", 1, price, cost), ("PARK", 1, Decimal("12.00"), None)]


def test_what_is_given_back_comes_from_every_hold_of_the_booking_and_what_is_owed_first(show: Show) -> None:
    Product.objects.filter(sku="PARK").update(backorder=True)
    hold = held(show)
    choose(show, hold, PARK=3, PROG=1)
    made = confirm(show, hold)
    assert isinstance(made, Booked)
    new = held(show)
    choose(show, new, PROG=2)
    assert isinstance(bookings.exchange(show.pk, made.booking, BUYER, made.seats, new.hold), Booked)
    assert stock() == {"PROG": (2, 0), "PARK": (0, 0)}
    assert isinstance(giving_back.give_back(show.pk, made.booking, BUYER, {"PARK": 2, "PROG": 0}), GivenBack)
    assert stock() == {"PROG": (5, 0), "PARK": (0, 0)}, "one of PARK was owed, and is owed no more"
    assert not ReservationLine.objects.filter(location=None).exists()
    assert isinstance(giving_back.give_back(show.pk, made.booking, BUYER, {"PARK": 1}), GivenBack)
    assert stock()["PARK"] == (1, 0)
    assert Booking.objects.get().total == Decimal("72.00")


def test_extras_go_back_by_the_rules_of_seats(show: Show) -> None:
    hold = held(show)
    choose(show, hold, PROG=2)
    made = confirm(show, hold)
    assert isinstance(made, Booked)

    def refused(keep: dict[str, int], buyer: str = BUYER) -> str:
        return str(getattr(giving_back.give_back(show.pk, made.booking, buyer, keep), "code", ""))

    assert refused({"PARK": 0}) == "unknown_extras"
    assert refused({"PROG": 3}) == "too_many_extras"
    assert refused({"PROG": 1}, "user:2") == "unknown_booking"
    Show.objects.update(cancel_until=timezone.now() - timedelta(hours=1))
    assert refused({"PROG": 1}) == "too_late"
    assert refused({"PROG": 1}, "") == "", "the staff may at any time"
    ticket = Booking.objects.get().tickets.first()
    assert ticket
    door.check_in(show, door.Scan(ticket.short))
    assert refused({"PROG": 0}, "") == "entered"
    assert refused({"PROG": 1}, "") == "", "asked again, it is so already"
    assert stock()["PROG"] == (4, 0)
    Booking.objects.update(state="cancelled", cancelled_at=timezone.now())
    assert refused({"PROG": 0}, "") == "cancelled"


def test_the_staff_take_all_seats_of_a_booking_and_its_extras_come_back(show: Show) -> None:
    hold = held(show)
    choose(show, hold, PROG=1)
    made = confirm(show, hold)
    assert isinstance(made, Booked)
    releasing.free(show.pk, made.seats[:1], "a camera stands there")
    row = Booking.objects.get()
    assert (row.state, row.total, stock()["PROG"]) == ("confirmed", Decimal("36.50"), (4, 0))
    releasing.free(show.pk, made.seats[1:], "another")
    row.refresh_from_db()
    assert (row.state, stock()["PROG"]) == ("cancelled", (5, 0))


def test_the_staff_lock_all_products_before_the_first_is_settled(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    seats: list[int] = []
    for number, sku in enumerate(("PARK", "PROG")):
        buyer = f"user:{number}"
        hold = held(show, buyer)
        choose(show, hold, buyer, **{sku: 1})
        made = confirm(show, hold, buyer)
        assert isinstance(made, Booked)
        seats += made.seats
    open_hold = held(show, "user:3")
    choose(show, open_hold, "user:3", PROG=1)
    locked: list[set[int]] = []
    lock = levels.lock
    monkeypatch.setattr(levels, "lock", lambda products: (locked.append(set(products)), lock(locked[-1])))
    releasing.free(show.pk, [*seats, *open_hold.seats], "a camera stands there")
    assert len(locked) > 1
    assert all(more <= locked[0] for more in locked)
    assert stock() == {"PROG": (5, 0), "PARK": (2, 0)}


def test_an_exchange_keeps_the_extras_and_brings_those_of_the_new_hold(show: Show) -> None:
    hold = held(show)
    choose(show, hold, PROG=1)
    made = confirm(show, hold)
    assert isinstance(made, Booked)
    new = held(show)
    choose(show, new, PROG=1, PARK=1)
    changed = bookings.exchange(show.pk, made.booking, BUYER, made.seats, new.hold)
    assert isinstance(changed, Booked)
    assert changed.total == Decimal("60.00") + 2 * Decimal("6.50") + Decimal("12.00")
    assert stock() == {"PROG": (3, 0), "PARK": (1, 0)}
    row = Booking.objects.get()
    assert queries.in_words(queries.of_booking(row)) == "2 × Programme, 1 × Parking"
    bookings.cancel(show.pk, made.booking, BUYER)
    assert stock() == {"PROG": (5, 0), "PARK": (2, 0)}


def test_a_price_that_was_seen_is_the_price_that_is_paid(show: Show) -> None:
    hold = held(show)
    choose(show, hold, PROG=1)
    Product.objects.filter(sku="PROG").update(price="9.00")
    made = confirm(show, hold)
    assert isinstance(made, Booked)
    assert made.total == Decimal("66.50")


def test_seats_without_extras_cost_no_question_more(show: Show, django_assert_max_num_queries: Any) -> None:
    hold = held(show)
    with django_assert_max_num_queries(100) as asked:
        confirm(show, hold)
    assert not [q["sql"] for q in asked.captured_queries if "extra" in q["sql"] or "stock_" in q["sql"]]


def test_a_rush_for_the_last_extras_never_oversells(show: Show) -> None:
    holds = [held(show, f"user:{n}") for n in range(8)]
    answers = [choose(show, hold, f"user:{n}", PROG=2) for n, hold in enumerate(holds)]
    assert [a.outcome for a in answers].count("chosen") == 2
    assert [
        a.outcome for a in bookings.confirm(show.pk, [bookings.Confirm(h.hold, f"user:{n}", "A", "a@b.cc") for n, h in enumerate(holds)])
    ]
    assert stock()["PROG"] == (1, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reservations_extraline WHERE booking_id IS NULL")
        assert cursor.fetchone() == (0,)


def test_extras_are_in_the_papers_the_mail_and_the_api(show: Show) -> None:
    hold = held(show)
    choose(show, hold, PROG=2)
    assert isinstance(confirm(show, hold), Booked)
    row = Booking.objects.get()
    pages = PdfReader(BytesIO(bytes(documents.issue(row).pdf))).pages
    assert len(pages) == 3
    assert "2 × Programme" in pages[-1].extract_text()
    deliver()
    assert "2 × Programme" in str(mail.outbox[0].body)
    secret = tenants.create_key(show.tenant, "staff", ["read", "submit", "manager"])[1]
    api = Client(headers={"authorization": f"Bearer {secret}"})
    assert api.get(f"/api/bookings/{row.pk}").json()["extras"] == [{"sku": "PROG", "name": "Programme", "quantity": 2, "price": "6.50"}]


def test_the_api_lists_offers_and_withdraws(show: Show) -> None:
    manager, customer = (
        Client(headers={"authorization": f"Bearer {tenants.create_key(show.tenant, name, ['read', 'submit', *more])[1]}"})
        for name, more in (("m", ["manager"]), ("c", []))
    )
    address = f"/api/shows/{show.pk}/extras"
    assert [(row["sku"], row["left"]) for row in customer.get(address).json()] == [("PROG", 4), ("PARK", 2)]
    product("CAP", 1, name="Cap")
    assert customer.put(f"{address}/CAP", {}, content_type="application/json").status_code == 403
    assert manager.put(f"{address}/NONE", {}, content_type="application/json").status_code == 404
    assert manager.put(f"{address}/CAP", {"most": 0}, content_type="application/json").status_code == 422
    assert len(manager.put(f"{address}/CAP", {"most": 1}, content_type="application/json").json()) == 3
    assert customer.delete(f"{address}/CAP").status_code == 403
    assert manager.delete(f"{address}/CAP").status_code == 204
    assert len(customer.get(address).json()) == 2


def test_a_guest_chooses_extras_in_the_checkout(platform: None, django_user_model: Any) -> None:
    show = on_sale(no_single_seats=False)
    product("PROG", 3, name="Programme", price="6.50")
    product("PARK", 0, name="Parking", price="12.00")
    for sku in ("PROG", "PARK"):
        shows.offer(show, sku, 4)
    guest = Client()
    checkout = checkout_of(guest, show, sorted(show.seats.filter(seat__kind="normal").values_list("pk", flat=True))[:2])
    page = said(guest.get(checkout))
    assert "Programme" in page
    assert "sold out" in page
    assert Client().post(f"{checkout}extras/", {f"extra-{extra('PROG')}": "1"}).status_code == 404
    assert "€66.50" in said(guest.post(f"{checkout}extras/", {f"extra-{extra('PROG')}": "1"}, follow=True))
    assert "Say how many of each" in said(guest.post(f"{checkout}extras/", {f"extra-{extra('PROG')}": "many"}, follow=True))
    who = {"name": "Gus", "email": "gus@example.com"}
    page = guest.post(f"{checkout}confirm/", {**who, f"extra-{extra('PROG')}": "4"})
    assert page.status_code == 422
    assert "Programme: only 3 left" in said(page)
    assert not Booking.objects.exists()
    page = said(guest.post(f"{checkout}confirm/", {**who, f"extra-{extra('PROG')}": "3"}, follow=True))
    assert "3 × Programme" in page
    assert "€79.50" in page
    ticket = Booking.objects.get().tickets.first()
    assert ticket
    assert "3 × Programme" in said(guest.get(f"/shows/tickets/{ticket.pk}/"))
    booked = f"/shows/bookings/{ticket.booking_id}/"
    assert 'name="keep-PROG"' in said(guest.get(booked))
    assert Client().post(f"{booked}extras/", {"keep-PROG": "0"}).status_code == 404
    assert "from 0 on" in said(guest.post(f"{booked}extras/", {"keep-PROG": "-1"}, follow=True))
    assert "fewer than should stay" in said(guest.post(f"{booked}extras/", {"keep-PROG": "4"}, follow=True))
    assert "Together €73.00" in said(guest.post(f"{booked}extras/", {"keep-PROG": "2"}, follow=True))
    answer = door.check_in(show, door.Scan(ticket.short))
    assert (answer.outcome, answer.beside) == ("entered", "2 × Programme")
    assert door_list.list_of(show)["tickets"][str(ticket.pk)]["beside"] == "2 × Programme"
    boss = Client()
    boss.force_login(django_user_model.objects.create_superuser("boss"))
    desk = f"/shows/staff/shows/{show.pk}/"
    page = said(boss.get(desk))
    assert "Beside the seats" in page
    assert "€13.00" in page
    assert "is not offered any more" in said(boss.post(f"{desk}extras/{extra('PARK')}/withdraw/", follow=True))
    assert "is offered in the checkout" in said(boss.post(f"{desk}extras/", {"sku": "PARK", "most": "2"}, follow=True))
    assert "1 to 100" in said(boss.post(f"{desk}extras/", {"sku": "PARK", "most": "no"}, follow=True))
    assert guest.post(f"{desk}extras/", {"sku": "PARK", "most": "2"}).status_code in (302, 403)
    assert Extra.objects.get(product__sku="PARK").most == 2


def test_a_purchase_has_one_currency(show: Show) -> None:
    show.currency = "CHF"
    with pytest.raises(ValidationError, match="one currency"):
        show.full_clean()
    with pytest.raises(InvalidInput, match="one currency"):
        shows.offer(show, "PROG", 4)


def test_every_list_and_page_of_the_admin_opens(show: Show, django_user_model: Any) -> None:
    hold = held(show)
    choose(show, hold, PROG=1)
    assert isinstance(confirm(show, hold), Booked)
    deliver()
    RoomPlace.objects.create(show=show, visitor=BUYER, turn=1)
    boss = Client()
    boss.force_login(django_user_model.objects.create_superuser("boss"))
    models = [model for model in admin.site._registry if model._meta.app_label == "reservations"]
    assert {"Ticket", "ShowSeat", "RoomPlace", "Booking", "Show"} <= {model.__name__ for model in models}
    for model in models:
        name = f"admin:reservations_{model._meta.model_name}"
        assert boss.get(reverse(f"{name}_changelist") + "?q=Ada").status_code == 200, model
        first = model._default_manager.first()
        if first:
            assert boss.get(reverse(f"{name}_change", args=[first.pk])).status_code == 200, model


def test_a_show_that_is_called_off_gives_everything_back_and_tells_everybody(show: Show) -> None:
    paid, choosing = held(show), held(show, "user:2")
    choose(show, paid, PROG=2)
    choose(show, choosing, "user:2", PARK=1)
    assert isinstance(confirm(show, paid), Booked)
    releasing.block(show.pk, list(show.seats.filter(state="free").values_list("pk", flat=True)), "kept")
    waiting_list.join(show.pk, waiting_list.Join("user:3", None, "Cy", "cy@example.com", 2))
    deliver()
    mail.outbox.clear()
    job = tasks.cancel_show.submit(tasks.CancelShow(show=show.pk, reason="The tenor is ill."), tenant=show.tenant)
    lifecycle.record()
    run_submitted()
    deliver()
    job.refresh_from_db()
    assert job.result == {"outcome": "called_off", "show": show.pk, "bookings": 1, "kept": 0, "waiting": 1}
    assert stock() == {"PROG": (5, 0), "PARK": (2, 0)}
    assert Booking.objects.get().state == "cancelled"
    assert Hold.objects.get(pk=choosing.hold).state == "released"
    assert sorted((message.to[0], "The tenor is ill." in str(message.body)) for message in mail.outbox) == [
        ("ada@example.com", True),
        ("cy@example.com", True),
    ]
    refused = holding.hold(show.pk, [holding.Request("late", BUYER, best=Want(1))])[0]
    assert getattr(refused, "code", "") == "not_on_sale"
    again = tasks.cancel_show.submit(tasks.CancelShow(show=show.pk, reason="again"), tenant=show.tenant)
    lifecycle.record()
    run_submitted()
    again.refresh_from_db()
    assert again.result == {"outcome": "called_off", "show": show.pk, "bookings": 0, "kept": 0, "waiting": 0}
