"""Events of breakers: the scripts write them."""

from pydantic import BaseModel

from jobs.core.event_type import EventType, event_types


class BreakerOpened(BaseModel):
    """The breaker of a dependency has opened."""

    by: str
    why: str
    at: int


class BreakerClosed(BaseModel):
    """The breaker of a dependency has closed."""

    by: str
    at: int


for name, model in (("breaker.opened", BreakerOpened), ("breaker.closed", BreakerClosed)):
    event_types.add(EventType(name, model, (model.__doc__ or "").strip().partition("\n")[0]))
