"""Who delivers, and where it is to lie: found by their names."""

from jobs.core.errors import InvalidInput
from jobs.models import Tenant
from stock.models import Location, Supplier


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
    name = name.strip()
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise InvalidInput("A location has a name of 1 to 60 characters.", {"location": "is no name"})
    return Location.objects.get_or_create(tenant=tenant, name=name)[0]
