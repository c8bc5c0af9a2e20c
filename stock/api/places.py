"""Suppliers and locations over HTTP."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from jobs.api.schemas import Camel
from stock.api import doors
from stock.models import Location, Supplier
from stock.queries import places
from stock.services import partners, roles

router = Router(tags=["stock"])
Email = Annotated[str, Field(max_length=254, pattern=doors.TEXT)]
Place = Annotated[str, Field(max_length=60, pattern=doors.TEXT)]


class SupplierIn(Camel):
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=doors.TEXT)]
    email: Email = ""


class SupplierOut(Camel):
    id: int
    name: str
    email: str


class LocationIn(Camel):
    name: doors.Name
    parent: Place = Field(default="", description="The name of the location that it lies in; empty: in none.")
    pickup: bool | None = Field(default=None, description="Customers may collect there; null: as it was.")


class LocationOut(Camel):
    id: int
    name: str
    parent: str
    pickup: bool


class NodeOut(LocationOut):
    depth: int
    units: int
    total: int = Field(description="Here and in all of its parts.")


@router.get("/stock/suppliers", response=list[SupplierOut], by_alias=True)
def suppliers(request: HttpRequest, after: doors.Word = "", limit: int = 100) -> Any:
    """Suppliers by name; `after` is the last name of the page before. For clerks."""
    return Supplier.objects.filter(tenant=doors.looks(request), name__gt=after).order_by("name")[: max(1, min(limit, 500))]


@router.post("/stock/suppliers", response={201: SupplierOut}, by_alias=True)
def add_supplier(request: HttpRequest, body: SupplierIn) -> Any:
    """A new supplier; 409 `name_taken`. For managers."""
    return Status(201, partners.put_supplier(doors.acts(request, roles.MANAGER), body.name, body.email))


@router.put("/stock/suppliers/{int:number}", response=SupplierOut, by_alias=True)
def change_supplier(request: HttpRequest, number: int, body: SupplierIn) -> Any:
    """Change a supplier. For managers."""
    return partners.put_supplier(doors.acts(request, roles.MANAGER), body.name, body.email, number)


@router.get("/stock/locations", response=list[NodeOut], by_alias=True)
def locations(request: HttpRequest) -> Any:
    """The tree of locations, each after the one that it lies in. For clerks."""
    return [
        _out(node.location) | {"depth": node.depth, "units": node.units, "total": node.total} for node in places.tree(doors.looks(request))
    ]


@router.post("/stock/locations", response={201: LocationOut}, by_alias=True)
def add_location(request: HttpRequest, body: LocationIn) -> Any:
    """A new location; 409 `name_taken`. For managers."""
    return Status(201, _out(partners.put_location(doors.acts(request, roles.MANAGER), body.name, body.parent, pickup=body.pickup)))


@router.put("/stock/locations/{int:number}", response=LocationOut, by_alias=True)
def change_location(request: HttpRequest, number: int, body: LocationIn) -> Any:
    """Rename or move a location. For managers."""
    return _out(partners.put_location(doors.acts(request, roles.MANAGER), body.name, body.parent, number, pickup=body.pickup))


def _out(row: Location) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "parent": row.parent.name if row.parent else "", "pickup": row.pickup}
