"""Reserving: many requests in one transaction of few statements, each with its own answer.

The hot product's lock is taken once for the whole batch instead of once for each request: that is what makes it fast.
A batch: lock the products (in the order of their ids, as everyone does), read what is free, answer the requests one after
the other in memory, write all answers in one statement. The level's CHECK stands behind the arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from jobs.core.errors import ConveyorError
from jobs.models import Tenant
from stock import events
from stock.services import answers, expiry, news
from stock.services.allocation import Rule, Shelf, Short, Taken, Wanted, take
from stock.services.answers import Refused, Reserved

MOST = 64
# In the order of ids, as in services.levels: the rule against deadlocks.
LOCK = """
SELECT t.slug, t.id, p.id, p.sku, p.backorder, p.price, now() FROM stock_product p JOIN jobs_tenant t ON t.id = p.tenant_id
JOIN unnest(%s::text[], %s::text[]) AS w(slug, sku) ON w.slug = t.slug AND w.sku = p.sku
WHERE p.active ORDER BY p.id FOR NO KEY UPDATE OF p"""
# A statement of its own: only one that starts after the lock is held sees what its last holder wrote.
FREE = """
SELECT v.product_id, v.location_id, l.name, v.on_hand - v.reserved FROM stock_level v JOIN stock_location l ON l.id = v.location_id
WHERE v.product_id = ANY(%s)"""
KNOWN = """
SELECT t.slug, r.reference FROM stock_reservation r JOIN jobs_tenant t ON t.id = r.tenant_id WHERE r.reference = ANY(%(references)s)
UNION ALL
SELECT t.slug, r.reference FROM stock_refusal r JOIN jobs_tenant t ON t.id = r.tenant_id WHERE r.reference = ANY(%(references)s)"""
# Guarded once more at the row: units that are not there are not written, and the count tells.
WRITE = """
WITH made AS (
    INSERT INTO stock_reservation (id, tenant_id, reference, customer_id, state, currency, made_at, expires_at)
    SELECT id, tenant, reference, customer, 'active', %(currency)s, now(), now() + ttl
    FROM unnest(%(ids)s::uuid[], %(tenants)s::bigint[], %(references)s::text[], %(customers)s::bigint[], %(ttls)s::interval[])
        AS r(id, tenant, reference, customer, ttl)
), lined AS (
    INSERT INTO stock_reservationline (reservation_id, product_id, location_id, quantity, price, named)
    SELECT * FROM unnest(%(of)s::uuid[], %(products)s::bigint[], %(locations)s::bigint[], %(quantities)s::int[], %(prices)s::numeric[],
                         %(named)s::boolean[])
), refused AS (
    INSERT INTO stock_refusal (tenant_id, reference, product_id, wanted, "left", at)
    SELECT *, now() FROM unnest(%(tenants_of_short)s::bigint[], %(references_of_short)s::text[], %(short)s::bigint[],
                                %(wanted)s::int[], %(left)s::int[])
    ON CONFLICT DO NOTHING
), changed AS (
    UPDATE stock_level v SET reserved = v.reserved + c.units
    FROM (SELECT product, location, sum(units)::int AS units
          FROM unnest(%(products)s::bigint[], %(locations)s::bigint[], %(quantities)s::int[]) AS x(product, location, units)
          WHERE location IS NOT NULL GROUP BY 1, 2) AS c
    WHERE v.product_id = c.product AND v.location_id = c.location AND v.reserved + c.units <= v.on_hand
    RETURNING 1
)
SELECT count(*) FROM changed"""


class Oversold(ConveyorError):
    """The guard found fewer units than the arithmetic: someone changed levels without the lock. Nothing was written."""

    code = "oversold"


@dataclass(frozen=True, slots=True)
class Request:
    """`reference` is the request's own: asked again with it, the same answer comes."""

    reference: str
    tenant: str
    lines: Sequence[Wanted]
    ttl: timedelta
    customer: int | None = None
    rule: Rule = Rule.SPLIT


@dataclass(slots=True)
class Batch:
    """What is to be written, gathered request by request."""

    shelves: Mapping[tuple[str, str], Shelf]
    tenants: Mapping[str, int]
    moment: datetime
    reserved: list[tuple[Request, object, list[Taken]]] = field(default_factory=list)
    refused: list[tuple[Request, list[Short]]] = field(default_factory=list)


def apply(requests: Sequence[Request]) -> list[Reserved | Refused]:
    """Answer requests, in their order, in one transaction. All lines of a request or none."""
    expiry.sweep()
    with transaction.atomic():
        return within(requests)


def within(requests: Sequence[Request]) -> list[Reserved | Refused]:
    """The same as a part of the caller's transaction, without the sweep: it would lock other products than the caller did."""
    batch = _lock(requests)
    known = _known(requests)
    told: dict[tuple[str, str], Reserved | Refused] = {}
    for request in requests:
        key = (request.tenant, request.reference)
        if key not in known and key not in told:
            told[key] = _answer(batch, request)
    _write(batch)
    _tell(batch)
    told |= answers.recall(known)
    return [told[request.tenant, request.reference] for request in requests]


def _lock(requests: Sequence[Request]) -> Batch:
    wanted = sorted({(request.tenant, line.sku) for request in requests for line in request.lines})
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [[slug for slug, _ in wanted], [sku for _, sku in wanted]])
        rows = cursor.fetchall()
        shelves = {(slug, sku): Shelf(product, sku, backorder, price=price) for slug, _, product, sku, backorder, price, _ in rows}
        by_product = {shelf.product: shelf for shelf in shelves.values()}
        cursor.execute(FREE, [list(by_product)])
        for product, location, name, units in cursor.fetchall():
            by_product[product].free[location] = units
            by_product[product].names[name] = location
    return Batch(shelves, {slug: tenant for slug, tenant, *_ in rows}, rows[0][-1] if rows else timezone.now())


def _known(requests: Sequence[Request]) -> set[tuple[str, str]]:
    """Requests that have their answer. Looked for under the lock, so that of two that come at once one waits and finds it."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, {"references": [request.reference for request in requests]})
        return set(cursor.fetchall()) & {(request.tenant, request.reference) for request in requests}


def _answer(batch: Batch, request: Request) -> Reserved | Refused:
    unknown = sorted({line.sku for line in request.lines if (request.tenant, line.sku) not in batch.shelves})
    if unknown:
        return answers.unknown(unknown)
    shelves = {line.sku: batch.shelves[request.tenant, line.sku] for line in request.lines}
    result = take(shelves, request.lines, request.rule)
    if short := [entry for entry in result if isinstance(entry, Short)]:
        batch.refused.append((request, short))
        return answers.refused(short)
    taken = [entry for entry in result if isinstance(entry, Taken)]
    id = uuid_utils.uuid7()
    batch.reserved.append((request, id, taken))
    return answers.reserved(id, batch.moment + request.ttl, taken, shelves.values())


def _tell(batch: Batch) -> None:
    """`stock.reserved` for each reservation; for each product `stock.refused` where it fell short, and how much of it is left."""
    for slug, id in batch.tenants.items():
        tenant, skus = Tenant(pk=id, slug=slug), {shelf.product: shelf.sku for shelf in batch.shelves.values()}
        made = [entry for entry in batch.reserved if entry[0].tenant == slug]
        short = [entry for entry in batch.refused if entry[0].tenant == slug]
        if made:
            events.reserved.publish_many([_reserved(batch, skus, *entry) for entry in made], tenant=tenant)
        if short:
            events.refused.publish_many(_refused([entry for _, entries in short for entry in entries]), tenant=tenant)
        touched = {taken.product for _, _, all_taken in made for taken in all_taken}
        news.free(tenant, [(shelf.sku, shelf.left) for shelf in batch.shelves.values() if shelf.product in touched])


def _reserved(
    batch: Batch, skus: Mapping[int, str], request: Request, id: object, taken: Sequence[Taken]
) -> tuple[str, events.StockReserved]:
    lines = [events.Reserving(sku=skus[entry.product], quantity=entry.quantity) for entry in taken]
    expires_at = (batch.moment + request.ttl).isoformat()
    return f"reservation:{id}", events.StockReserved(reservation=str(id), expires_at=expires_at, lines=lines)


def _refused(short: Sequence[Short]) -> list[tuple[str, events.StockRefused]]:
    """One for each product: in a rush most requests are refused, and nobody needs to hear of each."""
    of: dict[str, list[Short]] = {}
    for entry in short:
        of.setdefault(entry.sku, []).append(entry)
    return [
        (
            news.subject(sku),
            events.StockRefused(sku=sku, requests=len(all_short), wanted=sum(e.wanted for e in all_short), left=max(all_short[-1].left, 0)),
        )
        for sku, all_short in of.items()
    ]


def _write(batch: Batch) -> None:
    if not batch.reserved and not batch.refused:
        return
    lines = [(id, taken) for _, id, all_taken in batch.reserved for taken in all_taken]
    short = [(request, entry) for request, entries in batch.refused for entry in entries]
    values: dict[str, Any] = {
        "ids": [id for _, id, _ in batch.reserved],
        "tenants": [batch.tenants[request.tenant] for request, _, _ in batch.reserved],
        "references": [request.reference for request, _, _ in batch.reserved],
        "customers": [request.customer for request, _, _ in batch.reserved],
        "ttls": [request.ttl for request, _, _ in batch.reserved],
        "of": [id for id, _ in lines],
        "products": [taken.product for _, taken in lines],
        "locations": [taken.location for _, taken in lines],
        "quantities": [taken.quantity for _, taken in lines],
        "prices": [taken.price for _, taken in lines],
        "named": [taken.named for _, taken in lines],
        "currency": settings.CURRENCY,
        "tenants_of_short": [batch.tenants[request.tenant] for request, _ in short],
        "references_of_short": [request.reference for request, _ in short],
        "short": [entry.product for _, entry in short],
        "wanted": [entry.wanted for _, entry in short],
        "left": [entry.left for _, entry in short],
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        (changed,) = cursor.fetchone()
    if changed != len({(taken.product, taken.location) for _, taken in lines if taken.location is not None}):
        raise Oversold("Levels changed under the lock.")
