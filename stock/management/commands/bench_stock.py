"""`manage.py bench_stock`: how many requests a worker applies in a second, in batches, beside plain row locks. It asserts nothing."""

import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from jobs.models import Tenant
from stock.models import Level, Location, Movement, Product, Refusal, Reservation, ReservationLine
from stock.services import ledger, reserving
from stock.services.allocation import Wanted
from stock.services.ledger import Move
from stock.services.reserving import Request

TTL = timedelta(minutes=10)


class Command(BaseCommand):
    help = (
        "Reserve single units of one product. Leaves a tenant `bench-...` behind, for the ledger is final: use an installation of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--requests", type=int, default=3000)
        parser.add_argument("--rounds", type=int, default=3)

    def handle(self, *args: Any, requests: int, rounds: int, **options: Any) -> None:
        self.tenant = Tenant.objects.create(slug=f"bench-{uuid.uuid4().hex[:12]}", name="Benchmark")
        self.place = Location.objects.create(tenant=self.tenant, name="Bench")
        sizes = (1, 8, 32, 64)
        rates: dict[str, list[float]] = {}
        for _ in range(rounds):
            rates.setdefault("row locks", []).append(self._rate(requests, 1, row_lock))
            for size in sizes:
                rates.setdefault(f"batches of {size}", []).append(self._rate(requests, size, reserving.apply))
        self._print(requests, rounds, rates)

    def _rate(self, count: int, size: int, act: Callable[[Sequence[Request]], object]) -> float:
        """Requests per second, a fifth of them refused."""
        sku = uuid.uuid4().hex[:12]
        product = Product.objects.create(tenant=self.tenant, sku=sku, name="Hot", price=1)
        ledger.post([Move(product.pk, self.place.pk, Movement.Kind.RECEIVED, count * 4 // 5)], f"bench:{sku}")
        requests = [Request(f"{sku}:{n}", self.tenant.slug, [Wanted(sku, 1)], TTL) for n in range(count)]
        start = time.perf_counter()
        for n in range(0, count, size):
            act(requests[n : n + size])
        return count / (time.perf_counter() - start)

    def _print(self, requests: int, rounds: int, rates: dict[str, list[float]]) -> None:
        table = Table("how", "requests/s", "ratio", title=f"{requests} requests for one product, one worker, median of {rounds} rounds")
        plain = statistics.median(rates["row locks"])
        for name, measured in rates.items():
            rate = statistics.median(measured)
            table.add_row(name, f"{rate:,.0f}", f"{rate / plain:.1f}x")
        Console(file=cast(IO[str], self.stdout)).print(table)


def row_lock(requests: Sequence[Request]) -> None:
    """What a shop does without the queue: a lock on the level's row, held for the statements of one request."""
    for request in requests:
        _alone(request)


@transaction.atomic
def _alone(request: Request) -> None:
    (line,) = request.lines
    level = Level.objects.select_for_update().select_related("product").get(product__sku=line.sku, product__tenant__slug=request.tenant)
    tenant, left = level.product.tenant_id, level.on_hand - level.reserved
    if left < line.quantity:
        Refusal.objects.create(tenant_id=tenant, reference=request.reference, product=level.product, wanted=line.quantity, left=left)
        return
    row = Reservation.objects.create(tenant_id=tenant, reference=request.reference, expires_at=timezone.now() + request.ttl)
    ReservationLine.objects.create(reservation=row, product=level.product, location_id=level.location_id, quantity=line.quantity)
    level.reserved += line.quantity
    level.save(update_fields=["reserved"])
