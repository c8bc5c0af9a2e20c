"""What needs doing in the warehouse, in the order in which it presses."""

from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from jobs.models import Tenant
from stock.models import PurchaseOrder, Stocktake
from stock.queries import shelves
from stock.services import audit, owed, replenishment


@dataclass(frozen=True, slots=True)
class Todo:
    """`one` and `many` say what it is; `view` is a name that reverse() knows, `query` what follows it."""

    count: int
    one: str
    many: str
    view: str
    query: str = ""

    @property
    def text(self) -> str:
        return self.one if self.count == 1 else self.many


def of(tenant: Tenant) -> list[Todo]:
    """Only what there is to do."""
    orders = PurchaseOrder.objects.filter(tenant=tenant)
    sent, states = orders.filter(state=PurchaseOrder.State.ORDERED), PurchaseOrder.State
    late = sent.filter(expected_on__lt=timezone.localdate()).count()
    found = [
        Todo(audit.open_drifts(tenant).count(), "level does not equal the ledger", "levels do not equal the ledger", "audit"),
        Todo(shelves.low(tenant).count(), "product is low", "products are low", "low"),
        Todo(_owed(tenant), "unit is owed to a customer", "units are owed to customers", "orders", f"?state={states.ORDERED}"),
        Todo(late, "order is late", "orders are late", "orders", f"?state={states.ORDERED}"),
        Todo(sent.count() - late, "order is on its way", "orders are on their way", "orders", f"?state={states.ORDERED}"),
        Todo(
            orders.filter(state=states.DRAFT).count(),
            "order is drafted and not sent",
            "orders are drafted and not sent",
            "orders",
            f"?state={states.DRAFT}",
        ),
        Todo(replenishment.open_count(tenant), "product should be ordered", "products should be ordered", "replenish"),
        Todo(
            Stocktake.objects.filter(tenant=tenant, state=Stocktake.State.COUNTING).count(),
            "stocktake is under way",
            "stocktakes are under way",
            "stocktakes",
        ),
    ]
    return [todo for todo in found if todo.count]


def _owed(tenant: Tenant) -> int:
    return owed.lines().filter(product__tenant=tenant).aggregate(n=Sum("quantity"))["n"] or 0
