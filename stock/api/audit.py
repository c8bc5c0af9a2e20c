"""The audit over HTTP: run it, see where level and ledger differ, put it right."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from jobs.api import waiting
from jobs.api.auth import person_of
from jobs.api.schemas import Camel
from jobs.core.errors import NotFound
from stock import warehouse
from stock.api import doors
from stock.models import Drift
from stock.services import audit as verbs
from stock.services import roles
from stock.warehouse import Nothing

router = Router(tags=["stock"])


class DriftOut(Camel):
    id: int
    sku: str
    location: str
    on_hand: int
    ledger: int
    reserved: int
    held: int
    found_at: datetime
    repaired_at: datetime | None
    believed: str


class RepairIn(Camel):
    believe: Drift.Believed = Drift.Believed.LEDGER


@router.post("/stock/audits", response=waiting.RESPONSES, by_alias=True)
def run(request: HttpRequest, response: HttpResponse) -> Any:
    """Compare every level with the ledger, by a job; its result is how many differ. For managers."""
    return doors.submit(request, response, doors.acts(request, roles.MANAGER), warehouse.audit, Nothing, {})


@router.get("/stock/drifts", response=list[DriftOut], by_alias=True)
def search(request: HttpRequest) -> Any:
    """Where level and ledger differed when the audit looked, and nobody has put it right. For clerks."""
    return [_out(drift) for drift in verbs.open_drifts(doors.looks(request))[:500]]


@router.post("/stock/drifts/{int:number}/repair", response=DriftOut, by_alias=True)
def repair(request: HttpRequest, number: int, body: RepairIn) -> Any:
    """Believe the ledger; or the level, after the shelf was counted: then it is a movement. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    found = Drift.objects.select_related("level__product", "level__location").filter(level__product__tenant=tenant, pk=number).first()
    if found is None:
        raise NotFound(f"There is no drift {number}.")
    verbs.repair(found, person_of(request), body.believe)
    found.refresh_from_db(fields=["repaired_at", "believed"])
    return _out(found)


def _out(drift: Drift) -> dict[str, Any]:
    same = ("id", "on_hand", "ledger", "reserved", "held", "found_at", "repaired_at", "believed")
    return {name: getattr(drift, name) for name in same} | {"sku": drift.level.product.sku, "location": drift.level.location.name}
