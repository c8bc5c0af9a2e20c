"""From a booking to tickets in a mail: made, sent and told of once; read by readers that are not ours."""

import base64
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import icalendar
import pytest
import zxingcpp
from django.core import mail
from django.test import Client
from PIL import Image
from pypdf import PdfReader

from jobs.infra import journal
from jobs.models import Job
from jobs.services import lifecycle
from jobs.subscribers import handlers
from jobs.testing import perform, run_submitted
from reservations import delivery
from reservations.core.picker import Want
from reservations.models import Booking, Letter, Show, TicketDocument
from reservations.services import bookings, documents, holding, releasing, shows, signing
from reservations.services.answers import Booked, Held
from tests.support import ed25519
from tests.support.halls import on_sale


@pytest.fixture
def show(platform_stores: None) -> Show:
    return on_sale(limit_per_buyer=20)


@pytest.fixture
def platform_stores(transactional_db: None) -> None:
    from jobs.infra.redis import client

    client().flushdb()


def book(show: Show, size: int = 2, name: str = "Łucja Żółć", buyer: str = "user:1") -> Booking:
    held = holding.hold(show.pk, [holding.Request(f"r{Booking.objects.count()}", buyer, best=Want(size))])[0]
    assert isinstance(held, Held)
    made = bookings.confirm(show.pk, [bookings.Confirm(held.hold, buyer, name, "lucja@example.com")])[0]
    assert isinstance(made, Booked)
    return Booking.objects.select_related("show__map__venue", "tenant").get(pk=made.booking)


def deliver() -> None:
    """What the recorder and the workers do."""
    lifecycle.record()
    while handlers.follow():
        run_submitted()


def told(name: str) -> list[Any]:
    return [entry for entry in journal.read("0-0") if entry.name == name]


def codes_in(pdf: bytes) -> list[str]:
    """The QR codes as a scanner finds them on the drawn pages."""
    return [found.text for page in drawn(pdf) for found in zxingcpp.read_barcodes(page)]


def drawn(pdf: bytes) -> list[Image.Image]:
    """Each page as the rectangles that are filled on it: the code is drawn of them."""
    pages = []
    for page in PdfReader(BytesIO(pdf)).pages:
        scale, height = 4, float(page.mediabox.height)
        picture = Image.new("L", (int(page.mediabox.width * scale), int(height * scale)), 255)

        def fill(operator: bytes, operands: list[Any], cm: Any, tm: Any, picture: Image.Image = picture, scale: int = scale) -> None:
            if operator == b"re":
                x, y, w, h = (float(value) * scale for value in operands)
                top, bottom = sorted((picture.height - y, picture.height - y - h))
                picture.paste(0, (round(x), round(top), round(x + w), round(bottom)))

        page.extract_text(visitor_operand_before=fill)
        pages.append(picture)
    return pages


def test_a_booking_brings_its_tickets_by_mail_once(show: Show) -> None:
    booking = book(show)
    deliver()
    (sent,) = mail.outbox
    assert sent.to == ["lucja@example.com"]
    assert booking.number in sent.body
    assert "Stalls, row A" in sent.body
    assert [name for name, *_ in sent.attachments] == [f"tickets-{booking.number}.pdf", "booking.ics"]
    deliver()
    for job in Job.objects.filter(type__startswith="seats.m"):
        perform({"seats.make_tickets": delivery.make_tickets, "seats.mail_booking": delivery.mail_booking}[job.type], job.payload)
    assert len(mail.outbox) == 1
    assert (TicketDocument.objects.count(), Letter.objects.count()) == (1, 1)
    lifecycle.record()
    assert [event.data["revision"] for event in told("tickets.delivered")] == [1]


def test_the_pdf_is_read_by_others_and_its_codes_by_a_scanner(show: Show) -> None:
    booking = book(show, 3)
    pdf = bytes(documents.issue(booking).pdf)
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    assert len(pages) == 3
    for number, (text, ticket) in enumerate(zip(pages, booking.tickets.all(), strict=True), 1):
        for word in ("Show", "Stalls", "Łucja Żółć", booking.number, ticket.short, f"ticket {number} of 3"):
            assert word in text, word
    codes = codes_in(pdf)
    assert [signing.read(code).ticket for code in codes] == [ticket.pk for ticket in booking.tickets.all()]
    (public,) = signing.public_keys().values()
    for code in codes:
        raw = base64.b32decode(code + "=" * (-len(code) % 8))
        assert ed25519.verifies(public, raw[:29], raw[29:])


def test_the_calendar_file_is_read_by_another_and_a_cancellation_takes_it_out_again(show: Show) -> None:
    booking = book(show)
    deliver()
    bookings.cancel(show.pk, booking.pk, "user:1")
    deliver()
    files = [icalendar.Calendar.from_ical(message.attachments[-1][1]) for message in mail.outbox]
    first, last = (file.walk("VEVENT")[0] for file in files)
    assert first["dtstart"].dt == show.starts_at.replace(microsecond=0)
    assert first["uid"] == last["uid"]
    assert [(file["method"], event["sequence"]) for file, event in zip(files, (first, last), strict=True)] == [
        ("PUBLISH", 0),
        ("CANCEL", 1),
    ]
    assert "Cancelled" in mail.outbox[1].subject
    assert "void" in mail.outbox[1].body


def test_a_changed_booking_brings_new_tickets_and_what_was_to_be_sent_before_is_not(show: Show) -> None:
    booking = book(show, 3)
    first = booking.tickets.first()
    assert first
    releasing.free(show.pk, [first.show_seat_id], "a broken seat")
    deliver()
    (sent,) = mail.outbox
    assert "Your new tickets" in sent.subject
    assert len(PdfReader(BytesIO(sent.attachments[0][1])).pages) == 2
    booking.refresh_from_db()
    assert (booking.revision, booking.total) == (2, 60)


def later(show: Show, days: int) -> dict[str, Any]:
    return {name: getattr(show, name) + timedelta(days=days) for name in ("starts_at", "ends_at")}


def when(moment: datetime) -> str:
    return f"{moment:%A, %-d %B %Y, %H:%M}"


def test_who_has_booked_is_told_of_other_times_and_gets_tickets_with_them(show: Show) -> None:
    booking, other = book(show), book(show, buyer="user:2")
    bookings.cancel(show.pk, other.pk, "user:2")
    deliver()
    mail.outbox.clear()
    shows.change(show, **later(show, 1))
    # Moved again before anybody was told: the mail compares with what the buyer knows.
    moved = shows.change(show, doors_at=show.starts_at + timedelta(days=2), **later(show, 2))
    deliver()
    deliver()
    (sent,) = mail.outbox
    assert sent.to == [booking.email]
    assert sent.subject.startswith("Other times: Show")
    assert f"It starts on {when(moved.starts_at)}, not on {when(show.starts_at)}." in sent.body
    assert f"It ends on {when(moved.ends_at)}, not on {when(show.ends_at)}." in sent.body
    assert f"The doors open on {when(moved.starts_at)}." in sent.body
    assert "void" not in sent.body
    entry = icalendar.Calendar.from_ical(sent.attachments[-1][1]).walk("VEVENT")[0]
    assert (entry["uid"], entry["sequence"]) == (f"booking-{booking.pk}@conveyor", 2)
    assert entry["dtstart"].dt == moved.starts_at.replace(microsecond=0)
    pdf = sent.attachments[0][1]
    assert when(moved.starts_at) in PdfReader(BytesIO(pdf)).pages[0].extract_text()
    assert {signing.read(code).ticket for code in codes_in(pdf)} == set(booking.tickets.values_list("pk", flat=True))
    releasing.free(show.pk, booking.seats_now()[:1], "a broken seat")
    deliver()
    assert "not on" not in mail.outbox[-1].body, "who was told of the times is not told again"


def test_nobody_is_told_of_times_that_are_the_same_or_over(show: Show) -> None:
    booking = book(show)
    deliver()
    mail.outbox.clear()
    shows.change(show, name="Other", limit_per_buyer=3, cancel_until=show.starts_at)
    shows.change(show, starts_at=show.starts_at.replace(second=(show.starts_at.second + 1) % 60))
    Show.objects.filter(pk=show.pk).update(starts_at=show.starts_at - timedelta(days=30), ends_at=show.ends_at - timedelta(days=30))
    shows.change(show, ends_at=show.ends_at - timedelta(days=29))
    deliver()
    assert mail.outbox == []
    booking.refresh_from_db()
    assert (booking.revision, booking.times_told) == (1, None)


def test_a_mail_server_that_is_away_is_tried_again_and_nothing_is_sent_twice(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def away(message: Any, *, send: Any = mail.EmailMessage.send) -> int:
        tries.append(message)
        if len(tries) < 3:
            raise OSError("no route to the mail server")
        return int(send(message))

    monkeypatch.setattr(mail.EmailMessage, "send", away)
    book(show)
    deliver()
    assert (len(tries), len(mail.outbox)) == (3, 1)
    assert len({message.extra_headers["Message-ID"] for message in tries}) == 1


def test_tickets_of_an_earlier_secret_stay_good(show: Show, settings: Any) -> None:
    booking = book(show, 1)
    (code,) = codes_in(bytes(documents.issue(booking).pdf))
    settings.TICKET_SECRET = "a new one"
    assert signing.read(code).ticket == booking.tickets.get().pk
    assert len(signing.public_keys()) == 2


def test_the_pages_of_a_ticket_are_its_buyers_alone(show: Show, django_user_model: Any) -> None:
    ada, bob = (django_user_model.objects.create_user(name) for name in ("ada", "bob"))
    mine, other = Client(), Client()
    mine.force_login(ada)
    other.force_login(bob)
    booking = book(show, buyer=f"user:{ada.pk}")
    ticket = booking.tickets.first()
    assert ticket
    addresses = [f"/shows/bookings/{booking.pk}/{page}" for page in ("tickets.pdf", "calendar.ics", "wallet/")]
    for address in [*addresses, f"/shows/tickets/{ticket.pk}/"]:
        assert mine.get(address).status_code == 200, address
        assert other.get(address).status_code == 404, address
    page = mine.get(f"/shows/tickets/{ticket.pk}/").content.decode()
    assert ticket.short in page
    assert "<svg" in page
    bookings.cancel(show.pk, booking.pk, "")
    page = mine.get(f"/shows/tickets/{ticket.pk}/").content.decode()
    assert "This ticket is void" in page
    assert "<svg" not in page
    assert mine.get(addresses[0]).status_code == 302
