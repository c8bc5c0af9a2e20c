"""Calling a show off: nobody buys any more, then every booking is given back, one after the other, and everybody is told."""

import uuid

from django.db import transaction

from jobs.core.errors import NotFound
from jobs.models import Tenant
from jobs.services import audit
from reservations.models import Booking, Hold, Show, WaitingEntry
from reservations.services import floors, letters, releasing
from reservations.services.letters import Draft

WAITS = (WaitingEntry.State.WAITING, WaitingEntry.State.OFFERED)


@transaction.atomic
def close(tenant: Tenant | str, show_id: int, reason: str) -> list[uuid.UUID]:
    """End the sale at once and let go of what is held; answers the bookings that are to be given back. May be asked again."""
    show = floors.lock(show_id)
    if show.tenant.slug != getattr(tenant, "slug", tenant):
        raise NotFound(f"There is no show {show_id}.")
    if show.state != Show.State.CANCELLED:
        audit.record("show.cancel", show.subject, tenant=show.tenant, name=show.name, reason=reason)
    show.state = Show.State.CANCELLED
    show.save(update_fields=["state"])
    running = Hold.objects.filter(show=show, state=Hold.State.ACTIVE)
    releasing.release(show.pk, [releasing.Request(hold.pk, "") for hold in running])
    return list(Booking.objects.filter(show=show, state=Booking.State.CONFIRMED).order_by("pk").values_list("pk", flat=True))


def tell_waiting(show_id: int, reason: str) -> int:
    """Those on the waiting list wait no more, and learn why; answers how many."""
    entries = list(WaitingEntry.objects.filter(show=show_id, state__in=WAITS).select_related("show__map__venue"))
    for entry in entries:
        words = {"entry": entry, "show": entry.show, "reason": reason}
        letters.send(Draft(f"called_off:{entry.pk}", entry.email, "seats/mail/called_off.txt", words))
        WaitingEntry.objects.filter(pk=entry.pk).update(state=WaitingEntry.State.LEFT)
    return len(entries)
