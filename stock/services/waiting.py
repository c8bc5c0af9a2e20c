"""Waiting for a product that can't be had: asked for once, told once when some is free. No unit is kept for who waits."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from stock.models import Product, Refusal, WaitingCustomer
from stock.services import levels


def waits(product: Product, customer: Any) -> bool:
    return _open().filter(product=product, customer=customer).exists()


@transaction.atomic
def ask(product: Product, customer: Any) -> None:
    """Be told when there is some again. Once a day it counts as demand that was refused, which feeds replenishment."""
    _open().get_or_create(product=product, customer=customer)
    cause = {"product": product, "tenant_id": product.tenant_id, "reference": f"waiting:{customer.pk}:{timezone.now().date()}"}
    Refusal.objects.get_or_create(**cause, defaults={"wanted": 1, "left": 0})


def leave(product: Product, customer: Any) -> None:
    _open().filter(product=product, customer=customer).delete()


@transaction.atomic
def ready() -> list[WaitingCustomer]:
    """Who can have now what they wait for, noted as told: each is answered once, also to two who look at once."""
    awaited = Product.objects.filter(active=True, pk__in=_open().values("product"))
    free = levels.with_available(awaited).filter(Q(available__gt=0))
    rows = list(
        _open().filter(product__in=free.values("pk")).select_for_update(skip_locked=True, of=("self",)).select_related("product__tenant")
    )
    WaitingCustomer.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=timezone.now())
    return rows


def _open() -> QuerySet[WaitingCustomer]:
    return WaitingCustomer.objects.filter(told_at=None)
