"""Who delivers, and where it is to lie: found by their names, made, renamed, moved."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from jobs.core.errors import Conflict, InvalidInput, NotFound
from jobs.models import Tenant
from stock.models import Location, Supplier


class NameTaken(Conflict):
    """Another one has that name."""

    code = "name_taken"


def supplier(tenant: Tenant, name: str) -> Supplier | None:
    """The supplier of that name; none for no name. Raises InvalidInput."""
    if not name:
        return None
    found = Supplier.objects.filter(tenant=tenant, name=name).first()
    if found is None:
        raise InvalidInput(f"There is no supplier {name[:120]!r}.", {"supplier": "is unknown"})
    return found


def location(tenant: Tenant, name: str) -> Location:
    """The location of that name, made where there is none; raises InvalidInput."""
    return Location.objects.get_or_create(tenant=tenant, name=_name(name, 60, "location"))[0]


@transaction.atomic
def put_supplier(tenant: Tenant, name: str, email: str, id: int | None = None) -> Supplier:
    """A new supplier, or the known one changed; raises InvalidInput, NameTaken, NotFound."""
    _lock(tenant)
    row = Supplier(tenant=tenant) if id is None else _one(Supplier, tenant, id)
    row.name, row.email = _name(name, 120, "name"), email.strip()
    try:
        if row.email:
            validate_email(row.email)
    except ValidationError as error:
        raise InvalidInput("That is no e-mail address.", {"email": "is no address"}) from error
    _must_be_free(row)
    row.save()
    return row


@transaction.atomic
def put_location(tenant: Tenant, name: str, parent: str, id: int | None = None, *, pickup: bool | None = None) -> Location:
    """A new location, or the known one renamed and moved; `parent` empty: it lies in none; `pickup` None: as it was. Raises
    InvalidInput, where it would lie in itself too, NameTaken, NotFound."""
    _lock(tenant)
    row = Location(tenant=tenant) if id is None else _one(Location, tenant, id)
    row.name = _name(name, 60, "name")
    row.pickup = row.pickup if pickup is None else pickup
    row.parent = Location.objects.filter(tenant=tenant, name=parent).first() if parent else None
    if parent and row.parent is None:
        raise InvalidInput(f"There is no location {parent[:60]!r}.", {"parent": "is unknown"})
    _must_be_free(row)
    try:
        row.clean()
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), {"parent": "would make a ring"}) from error
    row.save()
    return row


def _lock(tenant: Tenant) -> None:
    """Two that move locations at once could make a ring that neither sees."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)


def _one(kind: Any, tenant: Tenant, id: int) -> Any:
    row = kind.objects.filter(tenant=tenant, pk=id).first()
    if row is None:
        raise NotFound(f"There is no {kind._meta.verbose_name} {id}.")
    return row


def _must_be_free(row: Any) -> None:
    if type(row).objects.filter(tenant=row.tenant, name=row.name).exclude(pk=row.pk).exists():
        raise NameTaken(f"There is another one of the name {row.name!r}.")


def _name(name: str, longest: int, field: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= longest or not name.isprintable():
        raise InvalidInput(f"A name has 1 to {longest} characters that can be printed.", {field: "is no name"})
    return name
