"""What follows a booking: its tickets are made, then mailed, then told of. Each step is a job, and happens once for a revision."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel

from jobs.declare import Backoff, Event, GiveUp, JobContext, Payload, job, on
from reservations.models import Booking
from reservations.queries import extras
from reservations.services import documents, invitations, letters, links, news, times
from reservations.services.letters import Draft

PATIENT = Backoff(first=timedelta(seconds=2), max_attempts=5)


class Delivery(Payload):
    booking: UUID
    revision: int

    @property
    def key(self) -> str:
        return f"booking:{self.booking}:{self.revision}"


class Step(BaseModel):
    """`superseded`: the booking has changed since, and the change brings its own delivery. `known`: it was done before."""

    outcome: Literal["made", "sent", "known", "superseded"]


@on("booking.*")
def deliver(ctx: JobContext, told: Event) -> None:
    """Start the delivery of a booking's tickets."""
    delivery = Delivery(booking=told.data["booking"], revision=told.data["revision"])
    booking = _booking(ctx, delivery)
    first = mail_booking if booking.state == Booking.State.CANCELLED else make_tickets
    first.submit(delivery, tenant=booking.tenant, key=delivery.key)


@job("seats.make_tickets", priority=3, retry=PATIENT, internal=True)
@transaction.atomic
def make_tickets(ctx: JobContext, payload: Delivery) -> Step:
    """Make the tickets of a booking."""
    booking = _booking(ctx, payload)
    if booking.revision != payload.revision:
        return Step(outcome="superseded")
    documents.issue(booking)
    mail_booking.submit(payload, tenant=booking.tenant, key=payload.key)
    return Step(outcome="made")


@job("seats.mail_booking", priority=3, retry=PATIENT, internal=True)
@transaction.atomic
def mail_booking(ctx: JobContext, payload: Delivery) -> Step:
    """Mail a booking with its tickets and a calendar file, or that it is cancelled."""
    booking = _booking(ctx, payload)
    if booking.revision != payload.revision:
        return Step(outcome="superseded")
    if not letters.send(_draft(booking, payload.key)):
        return Step(outcome="known")
    times.told(booking)
    news.tell_of_delivery(booking)
    return Step(outcome="sent")


class Reminder(Payload):
    """`hour` counts since 1970: of one booking a mail an hour is enough."""

    booking: UUID
    hour: int


def remind(booking: Booking) -> None:
    """Send the link of a booking once more; asked again within the hour, that was it."""
    reminder = Reminder(booking=booking.pk, hour=int(timezone.now().timestamp()) // 3600)
    mail_link.submit(reminder, tenant=booking.tenant, key=f"link:{reminder.booking}:{reminder.hour}")


@job("seats.mail_link", priority=3, retry=PATIENT, internal=True)
def mail_link(ctx: JobContext, payload: Reminder) -> Step:
    """Mail the way to a booking."""
    booking = _booking(ctx, payload)
    words = {"booking": booking, "link": links.to_booking(booking)}
    draft = Draft(f"link:{booking.pk}:{payload.hour}", booking.email, "seats/mail/link.txt", words, booking=booking)
    return Step(outcome="sent" if letters.send(draft) else "known")


def _draft(booking: Booking, reference: str) -> Draft:
    words = {
        "booking": booking,
        "seats": invitations.seats_in_words(booking),
        "link": links.to_booking(booking),
        "extras": extras.in_words(extras.of_booking(booking)),
        "moved": times.in_words(booking),
        "void": booking.tickets.exclude(cancelled_at=None).exists(),
    }
    calendar = ("booking.ics", invitations.of(booking), "text/calendar")
    if booking.state == Booking.State.CANCELLED:
        return Draft(reference, booking.email, "seats/mail/cancelled.txt", words, [calendar], booking)
    tickets = (f"tickets-{booking.number}.pdf", bytes(documents.issue(booking).pdf), "application/pdf")
    return Draft(reference, booking.email, "seats/mail/booked.txt", words, [tickets, calendar], booking)


def _booking(ctx: JobContext, payload: Delivery | Reminder) -> Booking:
    rows = Booking.objects.filter(tenant__slug=ctx.tenant).select_related("tenant", "show__map__venue")
    booking = rows.filter(pk=payload.booking).first()
    if booking is None:
        raise GiveUp(f"There is no booking {payload.booking}.")
    return booking
