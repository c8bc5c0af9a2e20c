"""Ending reservations whose time is over. Hygiene: whoever reads asks by the time itself, swept or not."""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from stock.models import Reservation, ReservationLine
from stock.services import holdings, levels, news

BATCH = 500
# Asked before each batch of requests: so it costs next to nothing where nothing is over.
ANY = "SELECT EXISTS (SELECT FROM stock_reservation WHERE state = 'active' AND expires_at <= now())"


def sweep() -> int:
    """End what is over, and give its units back; answers how many reservations. Two may sweep at once."""
    swept = 0
    if not _any():
        return swept
    while found := list(_over().order_by("expires_at").values_list("pk", flat=True)[:BATCH]):
        swept += _end(found)
        if len(found) < BATCH:
            break
    return swept


def _any() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ANY)
        return bool(cursor.fetchone()[0])


def _over() -> QuerySet[Reservation]:
    return Reservation.objects.filter(state=Reservation.State.ACTIVE, expires_at__lte=Now())


@transaction.atomic
def _end(ids: list[UUID]) -> int:
    levels.lock(ReservationLine.objects.filter(reservation__in=ids).values_list("product", flat=True))
    over = list(_over().filter(pk__in=ids).select_related("tenant").prefetch_related("lines"))
    still = [row.pk for row in over]
    holdings.give_back(still)
    ended = Reservation.objects.filter(pk__in=still).update(state=Reservation.State.EXPIRED, ended_at=F("expires_at"))
    news.ended(over, Reservation.State.EXPIRED)
    return ended
