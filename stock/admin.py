"""The admins' view of stock."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from jobs.core.errors import ConveyorError
from stock.models import (
    Document,
    Drift,
    Level,
    Location,
    Movement,
    Product,
    Proposal,
    PurchaseLine,
    PurchaseOrder,
    Refusal,
    Reservation,
    ReservationLine,
    Snapshot,
    Stocktake,
    StocktakeLine,
    Supplier,
    Upload,
    Valuation,
    WaitingCustomer,
)
from stock.services import audit


class LevelInline(TabularInline):
    model = Level
    extra = 0
    readonly_fields = ("location", "on_hand", "reserved")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    list_display = ("sku", "name", "price", "updated_at")
    search_fields = ("sku", "name")
    list_filter = ("tenant",)
    inlines = (LevelInline,)


@admin.register(Location)
class LocationAdmin(ModelAdmin):
    list_display = ("name", "parent", "pickup", "tenant")
    list_select_related = ("parent", "tenant")


@admin.register(Upload)
class UploadAdmin(ModelAdmin):
    list_display = ("name", "tenant", "uploaded_by", "uploaded_at")

    def has_add_permission(self, request: object) -> bool:
        return False


class ReadOnly(ModelAdmin):
    """What only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class Costly:
    """Leaves out what things cost, but for who may see it in the valuations."""

    costs: tuple[str, ...] = ("unit_cost", "value", "unit_price", "cost")

    def get_exclude(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:
        return () if request.user.has_perm("stock.view_valuation") else self.costs

    def get_list_display(self, request: HttpRequest) -> list[str]:
        shown: list[str] = list(super().get_list_display(request))  # type: ignore[misc]
        return [name for name in shown if name not in self.get_exclude(request)]


@admin.register(Valuation)
class ValuationAdmin(ReadOnly):
    list_display = ("product", "units", "average", "value")
    list_select_related = ("product",)
    search_fields = ("product__sku", "product__name")


@admin.register(Movement)
class MovementAdmin(Costly, ReadOnly):
    list_display = ("at", "product", "location", "kind", "quantity", "unit_cost", "value", "by", "why")
    list_filter = ("kind",)
    list_select_related = ("product", "location", "by")
    search_fields = ("product__sku", "reference")


class LineInline(TabularInline):
    model = ReservationLine
    extra = 0


@admin.register(Reservation)
class ReservationAdmin(ReadOnly):
    list_display = ("id", "state_now", "customer", "made_at", "expires_at")
    list_filter = ("state",)
    search_fields = ("reference", "customer__username")
    inlines = (LineInline,)


class PurchaseLineInline(Costly, TabularInline):
    model = PurchaseLine
    extra = 0


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnly):
    list_display = ("__str__", "state", "supplier", "location", "ordered_at", "expected_on")
    list_filter = ("state", "supplier")
    list_select_related = ("supplier", "location")
    search_fields = ("lines__product__sku", "reference")
    inlines = (PurchaseLineInline,)


class StocktakeLineInline(TabularInline):
    model = StocktakeLine
    extra = 0


@admin.register(Stocktake)
class StocktakeAdmin(ReadOnly):
    list_display = ("__str__", "state", "started_at", "started_by", "applied_at", "applied_by")
    list_filter = ("state",)
    list_select_related = ("location", "started_by", "applied_by")
    inlines = (StocktakeLineInline,)


@admin.register(Document)
class DocumentAdmin(ReadOnly):
    list_display = ("name", "made_at", "reference", "for_managers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        rows: QuerySet[Document] = super().get_queryset(request)
        return rows if request.user.has_perm("stock.view_valuation") else rows.filter(for_managers=False)


@admin.register(Snapshot)
class SnapshotAdmin(Costly, ReadOnly):
    costs = ("cost",)
    list_display = ("day", "units", "reserved", "value", "cost")


@admin.register(Proposal)
class ProposalAdmin(ReadOnly):
    list_display = ("product", "quantity", "position", "reorder_point", "sold", "refused", "order", "made_at")
    list_select_related = ("product", "order")
    search_fields = ("product__sku",)


@admin.register(Refusal)
class RefusalAdmin(ReadOnly):
    list_display = ("at", "product", "wanted", "left")
    list_select_related = ("product",)
    search_fields = ("product__sku", "reference")
    date_hierarchy = "at"


@admin.register(WaitingCustomer)
class WaitingCustomerAdmin(ReadOnly):
    list_display = ("product", "customer", "made_at", "told_at")
    list_select_related = ("product", "customer")
    search_fields = ("product__sku", "customer__username")


@admin.register(Supplier)
class SupplierAdmin(ModelAdmin):
    list_display = ("name", "email")
    search_fields = ("name",)


@admin.register(Drift)
class DriftAdmin(ReadOnly):
    list_display = ("level", "on_hand", "ledger", "reserved", "held", "found_at", "repaired_at", "believed")
    list_filter = (("repaired_at", admin.EmptyFieldListFilter),)
    actions = ("believe_ledger", "believe_level")

    @admin.action(description="Repair: believe the ledger", permissions=["view"])
    def believe_ledger(self, request: HttpRequest, chosen: QuerySet[Drift]) -> None:
        self._repair(request, chosen, Drift.Believed.LEDGER)

    @admin.action(description="Repair: the shelf was counted, believe the level (a movement)", permissions=["view"])
    def believe_level(self, request: HttpRequest, chosen: QuerySet[Drift]) -> None:
        self._repair(request, chosen, Drift.Believed.LEVEL)

    def _repair(self, request: HttpRequest, chosen: QuerySet[Drift], believe: Drift.Believed) -> None:
        if not request.user.has_perm("stock.change_drift"):
            self.message_user(request, "You may not repair.", messages.ERROR)
            return
        repaired = 0
        for drift in chosen.filter(repaired_at=None):
            try:
                audit.repair(drift, request.user, believe)
                repaired += 1
            except ConveyorError as error:
                self.message_user(request, error.detail, messages.ERROR)
        self.message_user(request, f"{repaired} repaired.", messages.SUCCESS)
