"""Files that jobs make: kept for a while, then swept."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from jobs.core.errors import NotFound
from jobs.models import Tenant
from stock.models import Document
from stock.services import roles

KEPT = timedelta(days=30)
TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def of(tenant: Tenant, reference: str) -> Document | None:
    """What the job of that reference has made already."""
    return Document.objects.filter(tenant=tenant, reference=reference).first()


def keep(tenant: Tenant, reference: str, path: Path, name: str, summary: Mapping[str, Any], *, for_managers: bool = False) -> Document:
    """Keep a finished file, once for each reference: the one that was there before stays."""
    if known := of(tenant, reference):
        return known
    document = Document(tenant=tenant, reference=reference, name=name, summary=dict(summary), for_managers=for_managers)
    with path.open("rb") as file:
        document.file.save(f"{document.pk}{Path(name).suffix}", File(file), save=False)
    document.save(force_insert=True)
    return document


def seen(tenant: Tenant, held: Collection[str]) -> QuerySet[Document]:
    """What one of these roles may see: files that tell what things cost are for managers."""
    rows = Document.objects.filter(tenant=tenant)
    return rows if roles.MANAGER in held else rows.filter(for_managers=False)


def get(tenant: Tenant, id: Any, held: Collection[str] = (roles.MANAGER,)) -> Document:
    """One of the tenant's that one of these roles may see; raises NotFound."""
    document = seen(tenant, held).filter(pk=id).first()
    if document is None or not document.file.storage.exists(str(document.file.name)):
        raise NotFound(f"There is no document {id}.")
    return document


def last_report(tenant: Tenant, held: Collection[str] = ()) -> Document | None:
    """The one that was made last, its figures in its summary; with costs for a manager, where there is one."""
    return seen(tenant, held).filter(summary__has_key="report").order_by("-made_at", "-for_managers").first()


def sweep() -> int:
    """Documents that have been kept long enough; answers how many."""
    old = list(Document.objects.filter(made_at__lt=timezone.now() - KEPT)[:500])
    for document in old:
        # The row first: a file without one is waste, a row without its file is a broken link.
        name, storage = str(document.file.name), document.file.storage
        document.delete()
        transaction.on_commit(lambda name=name, storage=storage: storage.delete(name))  # type: ignore[misc]
    return len(old)
