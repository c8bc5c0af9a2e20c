"""Who did what, over HTTP."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from jobs.api.auth import require
from jobs.api.schemas import Camel, Moment
from jobs.models import Event
from jobs.models.tenant import Scope
from jobs.queries import audit as queries

router = Router(tags=["audit"])


class ActOut(Camel):
    id: str
    at: datetime
    actor: str
    act: str
    object: str
    detail: dict[str, Any]


class ActPage(Camel):
    items: list[ActOut]
    next: str | None


class Chosen(Camel):
    actor: str = ""
    act: str = ""
    object: str = ""
    since: Moment | None = None
    until: Moment | None = None


@router.get("/audit", response=ActPage, by_alias=True)
def search(request: HttpRequest, chosen: Query[Chosen], after: str = "", limit: int = queries.PAGE) -> Any:
    """Acts in your tenant, the newest first; `act` and `object` by how they begin. Needs the scope `operate`."""
    tenant = require(request, Scope.OPERATE)
    found, cursor = queries.page(queries.acts(**chosen.dict()).filter(tenant=tenant.slug), after, limit)
    return {"items": [_out(row) for row in found], "next": cursor}


def _out(row: Event) -> dict[str, Any]:
    return {"id": row.position, "at": row.at, **row.data}
