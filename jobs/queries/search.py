"""Searching jobs by the words of core.search: one way for the pages, the API and the command line."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import ExpressionWrapper, F, Q, fields
from django.utils import timezone

from jobs.core.errors import InvalidFilter, NotAllowed
from jobs.core.job_type import QUEUES, registry
from jobs.core.search import QUALIFIERS, STATUSES, Kind, Term, fits, parse, quoted, unfinished
from jobs.core.states import State
from jobs.infra import alive
from jobs.models import Job, Tenant
from jobs.models.job import JobQuerySet

# Beyond so many a count is an estimate; a search that takes longer is refused.
COUNTED = 10_000
LONGEST_MS = 5000
# Few tenants are named one by one, so that the indexes, which begin with the tenant, serve everybody's jobs too.
FEW_TENANTS = 50
COMPARES = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "": "exact"}
# One after another by the index, without reading every job.
TYPES = """
WITH RECURSIVE t AS (
    (SELECT tenant_id, type FROM jobs_job ORDER BY tenant_id, type LIMIT 1)
    UNION ALL SELECT n.tenant_id, n.type FROM t CROSS JOIN LATERAL
        (SELECT tenant_id, type FROM jobs_job WHERE (tenant_id, type) > (t.tenant_id, t.type) ORDER BY tenant_id, type LIMIT 1) AS n)
SELECT DISTINCT type FROM t"""


def search(text: str, tenant: Tenant | None = None, *, opens: bool = True, now: datetime | None = None) -> JobQuerySet:
    """The jobs that the words describe, of one tenant or of all. Raises InvalidFilter; NotAllowed for a field of the payload
    where who asks may not see payloads (`opens`). An age is one at `now`."""
    terms = parse(text)
    if not opens and any(term.name in ("data", "key") for term in terms):
        raise NotAllowed("Viewers can't search in what jobs carry.")
    rows = _of_tenant(tenant)
    for term in terms:
        condition = _condition(term, now or timezone.now())
        if term.name == "took":
            rows = rows.alias(took=ExpressionWrapper(F("finished_at") - F("started_at"), output_field=fields.DurationField()))
        rows = rows.exclude(condition) if term.negated else rows.filter(condition)
    return rows


def _of_tenant(tenant: Tenant | None) -> JobQuerySet:
    if tenant is not None:
        return Job.objects.of(tenant)
    ids = list(Tenant.objects.values_list("pk", flat=True)[: FEW_TENANTS + 1])
    return Job.objects.filter(tenant__in=ids) if len(ids) <= FEW_TENANTS else Job.objects.all()


def _condition(term: Term, now: datetime) -> Q:
    special: dict[str, Callable[[Term], Q]] = {
        "status": _status,
        "type": _type,
        "tag": lambda term: Q(tags__overlap=list(term.values)),
        "age": lambda term: _age(term, now),
        "data": _data,
    }
    if term.name in special:
        return special[term.name](term)
    column = {"tenant": "tenant__slug", "id": "pk", "of": "replay_of", "error": "error__type", "by": "submitted_by__username"}
    name, kind = column.get(term.name, term.name), QUALIFIERS[term.name].kind
    if kind is Kind.NAME:
        return _named(name, term.values)
    if kind is Kind.SPAN:
        return Q(**{f"{name}__{COMPARES[term.bound]}": term.span})
    return Q(**{f"{name}__{COMPARES[term.bound]}": term.values[0]}) if term.bound else Q(**{f"{name}__in": term.values})


def _status(term: Term) -> Q:
    return Q(state__in=sorted({state for value in term.values for state in STATUSES.get(value, {value})}))


def _type(term: Term) -> Q:
    known = types() if any("*" in value for value in term.values) else ()
    return Q(type__in=sorted({name for value in term.values for name in (*(k for k in known if fits(k, value)), value)}))


def _age(term: Term, now: datetime) -> Q:
    mirrored = {"<": "gt", "<=": "gte", ">": "lt", ">=": "lte"}[term.bound]
    return Q(**{f"submitted_at__{mirrored}": now - term.span})


def _named(column: str, values: Iterable[str]) -> Q:
    found = Q()
    for value in values:
        core = value.strip("*")
        how = {(True, True): "contains", (True, False): "endswith", (False, True): "startswith", (False, False): "exact"}
        found |= Q(**{f"{column}__{how[value.startswith('*'), value.endswith('*')]}": core})
    return found


def _data(term: Term) -> Q:
    found = Q()
    for value in term.values:
        for meant in _meanings(value):
            found |= Q(payload__contains=_nested(term.path, meant))
    return found


def _meanings(value: str) -> Iterator[Any]:
    """What may stand in the payload for the word: the text, and the number, truth or nothing that it spells."""
    yield value
    try:
        spelt = json.loads(value)
    except ValueError:
        return
    if spelt is None or isinstance(spelt, bool | int | float):
        yield spelt


def _nested(path: Iterable[str], value: Any) -> Any:
    """`lines[].sku` is the field of any member of a list."""
    for name in reversed(list(path)):
        value = {name.removesuffix("[]"): [value] if name.endswith("[]") else value}
    return value


def types() -> list[str]:
    """Every job type that is declared or that a job has."""
    with connection.cursor() as cursor:
        cursor.execute(TYPES)
        return sorted({name for (name,) in cursor.fetchall()} | {t.name for t in registry})


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    exact: bool = True


def count(rows: JobQuerySet) -> Count:
    """How many they are: counted up to COUNTED, estimated by PostgreSQL's statistics beyond."""
    counted = rows.order_by()[: COUNTED + 1].count()
    if counted <= COUNTED:
        return Count(counted)
    plan = json.loads(rows.order_by().explain(format="json"))
    return Count(max(int(plan[0]["Plan"]["Plan Rows"]), COUNTED), exact=False)


@contextmanager
def bounded() -> Iterator[None]:
    """What is read inside may take LONGEST_MS a statement; raises InvalidFilter when it takes longer."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {LONGEST_MS}")
            yield
            with connection.cursor() as cursor:
                # A transaction around this one goes on without the bound.
                cursor.execute("SET LOCAL statement_timeout = 0")
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        sentence = "This search takes too long. Narrow it by a type, a status or an age."
        raise InvalidFilter(sentence, {"q": sentence}) from error


MOST_OFFERED = 12


@dataclass(frozen=True, slots=True)
class Offer:
    """A completion: `text` takes the place of what was begun."""

    text: str
    summary: str = ""


def complete(text: str, *, opens: bool = True) -> tuple[int, list[Offer]]:
    """Where what is begun starts in the text before the cursor, and what it may become."""
    begun = unfinished(text)
    if not begun.name:
        names = [q for q in QUALIFIERS.values() if q.name.startswith(begun.begun) and (opens or q.name not in ("data", "key"))]
        return begun.at, [Offer(f"{q.name}{'.' if q.name == 'data' else ':'}", q.summary) for q in names]
    values = [value for value in _values(begun.name) if begun.begun in value]
    bounds = QUALIFIERS[begun.name].kind is Kind.SPAN
    return begun.at, [Offer((value if bounds else quoted(value)) + " ") for value in values[:MOST_OFFERED]]


def _values(name: str) -> list[str]:
    known: dict[str, Callable[[], Iterable[str]]] = {
        "type": types,
        "status": lambda: [*State, *STATUSES],
        "queue": lambda: QUEUES,
        "tenant": lambda: Tenant.objects.order_by("slug").values_list("slug", flat=True)[:500],
        "worker": lambda: sorted(alive.lately(alive.WORKER)),
        "age": lambda: ("<15m", "<1h", "<1d", ">1h", ">1d"),
        "took": lambda: (">1s", ">30s", ">5m"),
    }
    return [str(value) for value in known.get(name, lambda: ())()]
