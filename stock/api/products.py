"""Products over HTTP as the staff write them; and what is low."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from jobs.api.auth import require
from jobs.api.schemas import Camel
from jobs.core.errors import NotFound
from jobs.models.tenant import Scope
from stock.api import doors
from stock.core.costing import margin
from stock.models import Product
from stock.queries import costs, shelves
from stock.services import partners, roles
from stock.services import products as verbs

router = Router(tags=["stock"])
Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=doors.TEXT)]
Prose = Annotated[str, Field(max_length=10_000, pattern=doors.TEXT)]
Tag = Annotated[str, Field(min_length=1, max_length=40, pattern=doors.TEXT)]
Count = Annotated[int, Field(ge=0, le=2_000_000_000)]
Days = Annotated[int, Field(ge=0, le=1000)]


class ProductChange(Camel):
    """What is not named stays as it is. `lowAt` null: no alert. An empty supplier: none."""

    name: Title | None = None
    description: Prose | None = None
    price: Price | None = None
    tags: list[Tag] | None = None
    active: bool | None = None
    backorder: bool | None = None
    supplier: Annotated[str, Field(max_length=120, pattern=doors.TEXT)] | None = None
    lead_days: Days | None = None
    safety_stock: Count | None = None
    low_at: Count | None = None


class ProductNew(ProductChange):
    sku: doors.Name
    name: Title
    price: Price


class StaffProductOut(Camel):
    sku: str
    name: str
    description: str
    price: Decimal
    tags: list[str]
    active: bool
    backorder: bool
    supplier: str
    lead_days: int
    safety_stock: int
    low_at: int | None
    low_since: datetime | None
    unit_cost: Decimal | None = Field(description="The average of what there is; for managers, as is the margin in percent.")
    margin: Decimal | None


class LevelOut(Camel):
    location: str
    on_hand: int
    reserved: int


class ProductOut(Camel):
    sku: str
    name: str
    price: str
    levels: list[LevelOut]


class LowOut(Camel):
    sku: str
    name: str
    left: int
    low_at: int
    on_order: int
    low_since: datetime | None


@router.get("/stock/products", response=list[ProductOut], by_alias=True)
def products(request: HttpRequest, after: str = "", limit: int = 50) -> Any:
    """Products by SKU; `after` is the last SKU of the page before."""
    rows = Product.objects.filter(tenant=require(request, Scope.READ), sku__gt=after).prefetch_related("levels__location")
    return [_product(product) for product in rows.order_by("sku")[: max(1, min(limit, 100))]]


@router.post("/stock/products", response={201: StaffProductOut}, by_alias=True)
def create(request: HttpRequest, body: ProductNew) -> Any:
    """A new product; 409 `sku_taken`. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    return Status(201, _out(request, verbs.create(tenant, body.sku, _values(tenant, body))))


@router.get("/stock/products/{path:sku}", response=StaffProductOut, by_alias=True)
def get(request: HttpRequest, sku: str) -> Any:
    """One product with what the staff know of it. For clerks."""
    product = Product.objects.filter(tenant=doors.looks(request), sku=sku.replace("\0", "")).select_related("supplier").first()
    if product is None:
        raise NotFound(f"There is no product {sku[:60]!r}.")
    return _out(request, product)


@router.patch("/stock/products/{path:sku}", response=StaffProductOut, by_alias=True)
def change(request: HttpRequest, sku: str, body: ProductChange) -> Any:
    """Change what is named, nothing else. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    return _out(request, verbs.change(tenant, sku.replace("\0", ""), _values(tenant, body)))


@router.get("/stock/low", response=list[LowOut], by_alias=True)
def low(request: HttpRequest, limit: int = 50) -> Any:
    """What is low this moment, the emptiest first. For clerks."""
    rows = shelves.low(doors.looks(request))[: max(1, min(limit, 200))]
    return [
        {name: getattr(row, name) for name in ("sku", "name", "low_at", "on_order", "low_since")} | {"left": row.available} for row in rows
    ]


def _values(tenant: Any, body: ProductChange) -> dict[str, Any]:
    """What the caller named; only `lowAt` may be taken away by null."""
    said = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None or name == "low_at"}
    if "supplier" in said:
        said["supplier"] = partners.supplier(tenant, said["supplier"])
    return said


def _out(request: HttpRequest, product: Product) -> dict[str, Any]:
    cost = costs.of(product) if roles.sees_costs(request) else None
    same = ("sku", "name", "description", "price", "tags", "active", "backorder", "lead_days", "safety_stock", "low_at", "low_since")
    money = {"unit_cost": cost, "margin": margin(product.price, cost)}
    return {name: getattr(product, name) for name in same} | money | {"supplier": product.supplier.name if product.supplier else ""}


def _product(product: Product) -> dict[str, Any]:
    levels = [{"location": v.location.name, "on_hand": v.on_hand, "reserved": v.reserved} for v in product.levels.all()]
    return {"sku": product.sku, "name": product.name, "price": str(product.price), "levels": levels}
