"""The mail to who waited for a product: watched for by beat, sent by a job."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse

from jobs.core.money import written
from jobs.declare import JobContext, Payload, chore, job
from stock.models import WaitingCustomer
from stock.services import waiting
from stock.warehouse import TRIES


class TellWaiting(Payload):
    waiting: int


@chore(every=timedelta(seconds=10))
@transaction.atomic
def watch_waiting() -> int:
    """A job for each who can have now what they wait for."""
    rows = waiting.ready()
    for row in rows:
        tell_waiting.submit(TellWaiting(waiting=row.pk), tenant=row.product.tenant)
    return len(rows)


@job("stock.tell_waiting", retry=TRIES, internal=True)
def tell_waiting(ctx: JobContext, payload: TellWaiting) -> str:
    """Mail a customer that there is some again; answers to whom."""
    rows = WaitingCustomer.objects.filter(product__tenant__slug=ctx.tenant, pk=payload.waiting, customer__is_active=True)
    row = rows.exclude(customer__email="").select_related("product", "customer").first()
    if row:
        title = f"{row.product.name} can be had again"
        EmailMessage(title, letter(row), to=[row.customer.email], headers={"Message-ID": f"<{ctx.id}@conveyor>"}).send()
    return row.customer.email if row else ""


def letter(row: WaitingCustomer) -> str:
    where = f"{settings.SITE_URL.rstrip('/')}{reverse('product', args=[row.product.sku])}"
    price = written(row.product.price, settings.CURRENCY)
    said = f"{row.product.name} ({row.product.sku}) can be had again, at {price}."
    return f"{said}\n\n{where}\n\nNone is kept for you: who reserves first has it.\n"
