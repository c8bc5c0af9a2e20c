"""The alert that little is left: watched for by beat, mailed by a job."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction

from jobs.declare import JobContext, Payload, chore, job
from jobs.services import tenants
from stock.services import low, roles
from stock.warehouse import TRIES


class TellLow(Payload):
    products: list[int]


@chore(every=timedelta(seconds=10))
@transaction.atomic
def watch_low() -> int:
    """What fell to its line since the last look: one mail for all of a tenant's."""
    fell = low.cross()
    for tenant, products in groupby(sorted(fell, key=lambda product: product.tenant_id), key=lambda product: product.tenant):
        tell_low.submit(TellLow(products=[product.pk for product in products]), tenant=tenant)
    return len(fell)


@job("stock.tell_low", retry=TRIES, internal=True)
def tell_low(ctx: JobContext, payload: TellLow) -> int:
    """Mail the staff what is low; answers to how many."""
    rows = list(low.products().filter(pk__in=payload.products, tenant__slug=ctx.tenant).select_related("tenant", "supplier"))
    to = _addresses(ctx.tenant) if rows else []
    if to:
        title = f"Low stock: {rows[0].sku}" + (f" and {len(rows) - 1} more" if rows[1:] else "")
        EmailMessage(title, letter(rows), bcc=to, headers={"Message-ID": f"<{ctx.id}@conveyor>"}).send()
    return len(to)


def letter(rows: list[Any]) -> str:
    return "Fewer are left than there should be:\n\n" + "\n".join(_line(row) for row in rows) + "\n"


def _line(row: Any) -> str:
    supplier = f" Supplier: {row.supplier}, {row.lead_days} days." if row.supplier else ""
    return f"{row.sku}  {row.name}: {row.available} left (alert at {row.low_at}).{supplier}"


def _addresses(tenant: str) -> list[str]:
    people = get_user_model().objects.filter(is_active=True, groups__name__in=[roles.CLERK, roles.MANAGER]).exclude(email="")
    return sorted({person.email for person in people if tenants.of_user(person).slug == tenant})
