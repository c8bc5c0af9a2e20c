"""The types of events: declared once, listed, documented; and who handles them."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from jobs.core.errors import DeclarationError, InvalidInput
from jobs.core.job_type import NAME, fields_of
from jobs.core.patterns import matcher

# Names of the platform's own that no application and no client may take.
RESERVED = frozenset({"job", "task", "on"})
MOST_BYTES = 65_536


class InvalidEvent(InvalidInput):
    code = "invalid_event"


@dataclass(frozen=True, slots=True)
class EventType:
    """`data` is the model of what the event carries. `public`: anybody who may see the site may hear it; `private`: operators alone."""

    name: str
    data: type[BaseModel]
    summary: str
    public: bool = False
    private: bool = False

    def accept(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data as JSON values; raises InvalidEvent naming each wrong field."""
        try:
            return self.data.model_validate(data).model_dump(mode="json")
        except ValidationError as error:
            raise InvalidEvent(f"The data of {self.name} is not valid.", fields_of(error)) from error


class EventTypes:
    """The event types of this process, by name."""

    def __init__(self) -> None:
        self._types: dict[str, EventType] = {}

    def add(self, event_type: EventType) -> None:
        if not NAME.fullmatch(event_type.name) or event_type.name.partition(".")[0] in RESERVED:
            raise DeclarationError(f"An event is named 'noun.past' in lower case, like 'stock.reserved'; not {event_type.name!r}.")
        known = self._types.get(event_type.name)
        if known and known.data.__qualname__ != event_type.data.__qualname__:
            raise DeclarationError(f"The event {event_type.name!r} is declared twice.")
        self._types[event_type.name] = event_type

    def get(self, name: str) -> EventType:
        """Raises InvalidEvent with the nearest names."""
        if name not in self._types:
            near = " or ".join(difflib.get_close_matches(name, self._types, n=2))
            raise InvalidEvent(f"There is no event {name!r}." + (f" Did you mean {near}?" if near else ""))
        return self._types[name]

    def is_public(self, name: str) -> bool:
        return name in self._types and self._types[name].public

    def is_private(self, name: str) -> bool:
        return name in self._types and self._types[name].private

    def remove(self, name: str) -> None:
        self._types.pop(name, None)

    def __iter__(self) -> Iterator[EventType]:
        return iter(sorted(self._types.values(), key=lambda t: t.name))

    def taken(self, name: str) -> bool:
        """Does the first part of the name belong to the platform or to an application?"""
        first = name.partition(".")[0]
        return first in RESERVED or any(first == known.partition(".")[0] for known in self._types)


@dataclass(frozen=True, slots=True)
class Handler:
    """Events that fit the pattern become jobs of this type. `ordered`: one subject's one after another."""

    pattern: str
    job_type: str
    ordered: bool = False

    def wants(self, name: str) -> bool:
        return matcher(self.pattern)(name)


event_types = EventTypes()
handlers: dict[str, Handler] = {}


def own_channel(name: str) -> str:
    """The name of a client's own event; raises InvalidEvent for one that is malformed or belongs to somebody else."""
    if not NAME.fullmatch(name) or len(name) > 100:
        raise InvalidEvent(f"An event is named in lower case with a dot, like 'orders.created'; not {name!r}.", {"type": "is not a name"})
    if event_types.taken(name):
        owner = name.partition(".")[0]
        raise InvalidEvent(f"{name!r} is not a channel of your own: {owner!r} belongs to the platform.", {"type": "is taken"})
    return name


def cloud_event(id: str, name: str, subject: str, tenant: str, time: str, data: Any) -> dict[str, Any]:
    """The envelope of CloudEvents 1.0, JSON format. `id` is the place in the journal: `source` and `id` name one event for ever."""
    envelope = {"specversion": "1.0", "id": id, "source": "/conveyor", "type": name, "time": time}
    return {**envelope, **({"subject": subject} if subject else {}), "datacontenttype": "application/json", "tenant": tenant, "data": data}
