"""Selling what is reserved, and the mail that says so."""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse

from jobs.core.money import written
from jobs.declare import JobContext, Payload, job
from stock.models import Reservation
from stock.queries import reservations as queries
from stock.queries.reservations import Bought
from stock.services import settling
from stock.warehouse import TRIES


class TellCustomer(Payload):
    reservation: UUID


@transaction.atomic
def confirm(tenant: str, id: UUID, by: int | None) -> Reservation:
    """Sell it, and have its customer told once. Raises what services.settling.confirm raises."""
    row = settling.confirm(tenant, id, by)
    if row.customer and row.customer.email:
        tell_customer.submit(TellCustomer(reservation=id), tenant=row.tenant, key=f"reservation:{id}")
    return row


@job("stock.tell_customer", retry=TRIES, internal=True)
def tell_customer(ctx: JobContext, payload: TellCustomer) -> str:
    """Mail a customer what they have bought; answers to whom."""
    row = queries.everyones().filter(tenant__slug=ctx.tenant, pk=payload.reservation).select_related("customer").first()
    to = row.customer.email if row and row.customer else ""
    if row and to:
        lines = queries.by_product(row)
        headers = {"Message-ID": f"<{ctx.id}@conveyor>"}
        EmailMessage(f"You have bought {_title(lines)}", letter(row, lines), to=[to], headers=headers).send()
    return to


def _title(lines: list[Bought]) -> str:
    first = f"{lines[0].quantity} × {lines[0].product.name}"
    return first + (f" and {len(lines) - 1} more" if lines[1:] else "")


def letter(row: Reservation, lines: list[Bought]) -> str:
    """What was bought, at the prices of its reservation, and what is still to come."""
    where = f"{settings.SITE_URL.rstrip('/')}{reverse('reservation', args=[row.pk])}"
    told = "\n".join(_line(line, row.currency) for line in lines)
    return f"{told}\n\nTogether {written(queries.total(row), row.currency)}.\n\n{where}\n"


def _line(line: Bought, currency: str) -> str:
    each, together = written(line.each, currency), written(line.price, currency)
    notes = [f"{units} to collect at {place}" for place, units in line.collect.items()]
    notes += [f"{line.owed} on backorder, yours as soon as they arrive"] if line.owed else []
    return f"{line.quantity:>5} x {line.product.name} ({line.product.sku}), {each} each: {together}" + "".join(
        f"\n        {note}" for note in notes
    )
