"""What a storm is about: a tenant with one wanted product beside others; and whether the books are right afterwards."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.models import Tenant
from jobs.models.tenant import Scope
from jobs.services import tenants
from stock.models import Level, Location, Movement, Product, Refusal, Reservation
from stock.services import audit, ledger
from stock.services.ledger import Move

HOT = "hot"
OTHERS = tuple(f"other-{n:02d}" for n in range(20))


@dataclass(frozen=True, slots=True)
class Shelves:
    tenant: Tenant
    secret: str


@dataclass(frozen=True, slots=True)
class Books:
    """`wrong`: levels that are not what the ledger and the reservations say."""

    reserved: int
    refused: int
    held: int
    wrong: int


def fill(units: int, plenty: int) -> Shelves:
    """A tenant of its own, for the ledger is final: so many units of the wanted product, plenty of the others."""
    name = f"bench-{uuid.uuid4().hex[:12]}"
    tenant = Tenant.objects.create(slug=name, name="Benchmark")
    place = Location.objects.create(tenant=tenant, name="Bench")
    for sku in (HOT, *OTHERS):
        product = Product.objects.create(tenant=tenant, sku=sku, name=sku.title(), price=1)
        there = units if sku == HOT else plenty
        ledger.post([Move(product.pk, place.pk, Movement.Kind.RECEIVED, there)], f"{name}:{sku}")
    return Shelves(tenant, tenants.create_key(tenant, "benchmark", [Scope.READ, Scope.SUBMIT])[1])


def wishes(hot: int, others: int) -> list[str]:
    """So many for the wanted product, with those for the others evenly between them."""
    aside = [(n * hot // max(others, 1), OTHERS[n % len(OTHERS)]) for n in range(others)]
    return [sku for _, sku in sorted([*((n, HOT) for n in range(hot)), *aside])]


def books(tenant: Tenant, skus: Sequence[str] = (HOT,)) -> Books:
    """Of these products; `wrong` counts all of the tenant's levels."""
    lines = Reservation.objects.filter(tenant=tenant, lines__product__sku__in=skus)
    refused = Refusal.objects.filter(tenant=tenant, product__sku__in=skus)
    held = sum(Level.objects.filter(product__tenant=tenant, product__sku__in=skus).values_list("reserved", flat=True))
    return Books(lines.count(), refused.count(), held, audit.audit(tenant))
