"""Pages of a guest's way back: the links of mails, a mail once more, this device forgets me, an account takes it over."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from jobs.services import tenants
from reservations import delivery
from reservations.models import Booking, WaitingEntry
from reservations.queries import buyers
from reservations.services import claiming, links
from reservations.web import mine


@never_cache
@require_GET
def booking(request: HttpRequest, token: str) -> HttpResponse:
    """Opens a guest's booking for this session; the address that is then seen holds no secret."""
    row = get_object_or_404(Booking, pk=_read("booking", token))
    if row.owner_id:
        return redirect(links.to_booking(row))
    mine.open_for(request, "booking", row.pk)
    return redirect("booking", row.pk)


@never_cache
@require_GET
def entry(request: HttpRequest, token: str) -> HttpResponse:
    """Opens a guest's place on a waiting list, and what it is offered."""
    row = get_object_or_404(WaitingEntry, pk=_read("entry", token))
    if row.owner_id:
        return redirect(links.to_entry(row))
    mine.open_for(request, "entry", row.pk)
    return redirect("waiting", row.show_id)


def _read(kind: str, token: str) -> UUID:
    if id := links.read(kind, token):
        return id
    raise Http404("This link is not complete, or not one of ours.")


@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """A mail with the link once more, to the address of the booking. What is answered tells nobody whether there is one."""
    number, email = (request.POST.get(name, "").strip()[:254] for name in ("number", "email"))
    tenant = tenants.of_user(request.user)
    row = Booking.objects.filter(tenant=tenant, number__iexact=number, email__iexact=email).select_related("tenant").first()
    if row:
        delivery.remind(row)
    messages.success(request, "If there is a booking with this number and address, its link is on the way there.")
    return redirect("bookings")


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """For a machine that others use too: only the links of the mails open the bookings then."""
    request.session.pop(mine.OPENED, None)
    messages.success(request, "This device has forgotten you. The link in each mail still opens its booking.")
    answer = redirect("bookings")
    answer.delete_cookie(buyers.COOKIE, samesite="Lax")
    return answer


@login_required
@require_POST
def keep(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """A booking that a link opened goes into the account of who is signed in."""
    row = get_object_or_404(mine.bookings(request), pk=booking_id)
    claiming.claim_booking(row, request.user)
    messages.success(request, "It is among the bookings of your account now.")
    return redirect("booking", row.pk)
