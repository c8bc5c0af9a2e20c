"""Tickets: on the screen, as PDF, as cards to cut, as a calendar entry."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from reservations.models import Booking, Entry
from reservations.queries import extras, seating
from reservations.services import documents, invitations
from reservations.web import mine


@require_GET
def pdf(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    row = _booking(request, booking_id)
    if row.state == Booking.State.CANCELLED:
        messages.error(request, "This booking is cancelled: its tickets are void.")
        return redirect("booking", row.pk)
    return attached(bytes(documents.issue(row).pdf), "application/pdf", f"tickets-{row.number}.pdf")


@require_GET
def calendar(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    row = _booking(request, booking_id)
    return attached(invitations.of(row), "text/calendar", f"booking-{row.number}.ics")


def attached(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file to keep, which no cache keeps."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)


@require_GET
def wallet(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """Cards of a bank card's size, to print and cut."""
    row = _booking(request, booking_id)
    faces = documents.faces_of(row) if row.state == Booking.State.CONFIRMED else []
    cards = [{"face": face, "picture": mark_safe(documents.svg_of(face.code))} for face in faces]
    return render(request, "seats/wallet.html", {"booking": row, "cards": cards})


@require_GET
def ticket(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """One ticket to hold before the scanner; a void one shows no code."""
    rows = mine.tickets(request).select_related("booking__show__map__venue", *seating.WITH_PLACE)
    row = rows.filter(pk=ticket_id).first()
    if row is None:
        raise Http404("There is no such ticket of yours.")
    face = documents.face_of(row.booking, row, extras.in_words(extras.of_booking(row.booking)))
    picture = "" if row.cancelled_at else mark_safe(documents.svg_of(face.code))
    entry = Entry.objects.filter(ticket=row).first()
    return render(request, "seats/ticket.html", {"ticket": row, "face": face, "picture": picture, "entry": entry})


def _booking(request: HttpRequest, booking_id: UUID) -> Booking:
    row = mine.bookings(request).filter(pk=booking_id).select_related("show__map__venue").first()
    if row is None:
        raise Http404("There is no such booking of yours.")
    return row
