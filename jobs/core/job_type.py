"""A job type: what a developer declares, checked when it is declared, and the list of them all."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from jobs.core.backoff import Backoff
from jobs.core.dependency import needed
from jobs.core.errors import DeclarationError, InvalidPayload, UnknownJobType
from jobs.core.gates import Declared, Rule

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
QUEUES = ("checkout", "default", "bulk")
LEAST, MOST, USUAL = 0, 10, 5
MOST_TOGETHER = 64
# Made once: making it takes longer than a short job.
ANY = TypeAdapter(Any)


class Payload(BaseModel):
    """The input of a job type. Immutable; an unknown field is an error, so a typing slip is caught at submission.
    What pydantic says of a wrong one does not quote it: tracebacks and logs are read by more people than payloads."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class JobType:
    """One declaration. `function(ctx, payload)` does the work."""

    name: str
    function: Callable[..., Any]
    payload: type[BaseModel]
    returns: Any
    queue: str
    priority: int
    timeout: timedelta
    retry: Backoff
    # For jobs that are performed together: takes the calls, answers a result or an exception for each, in order.
    together: Callable[..., Any] | None = None
    size: int = 1
    # Its payload says who acts, or its door asks for a role: only the application's own doors may submit it, never a client's words.
    internal: bool = False
    # What may stand in a job's way (jobs.core.gates), and the names of the dependencies that it needs.
    gates: tuple[Declared, ...] = ()
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise DeclarationError(f"A job type is named 'app.verb' in lower case, like 'stock.import'; not {self.name!r}.")
        if self.queue not in QUEUES:
            raise DeclarationError(f"{self.name}: queue is one of {', '.join(QUEUES)}; not {self.queue!r}.")
        if not LEAST <= self.priority <= MOST:
            raise DeclarationError(f"{self.name}: priority is {LEAST} to {MOST}, {MOST} the most urgent; not {self.priority!r}.")
        if not timedelta(0) < self.timeout <= timedelta(days=1):
            raise DeclarationError(f"{self.name}: timeout is a timedelta above zero and up to a day; not {self.timeout!r}.")
        if not 1 <= self.size <= MOST_TOGETHER:
            raise DeclarationError(f"{self.name}: size is 1 to {MOST_TOGETHER}; not {self.size!r}.")
        names = [rule.name for rule in self.rules]
        for twice in {name for name in names if names.count(name) > 1}:
            raise DeclarationError(f"{self.name}: two of its gates are called {twice!r}; give one of them a name.")

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that the type declares."""
        found = [rule for declared in self.gates for rule in declared.rules(self.name)]
        return (*(needed(name).rule() for name in self.needs), *found)

    @property
    def summary(self) -> str:
        return ((self.together or self.function).__doc__ or "").strip().partition("\n")[0]

    def accept(self, data: Mapping[str, Any]) -> BaseModel:
        """The payload as its model; raises InvalidPayload naming each wrong field."""
        try:
            return self.payload.model_validate(data)
        except ValidationError as error:
            raise InvalidPayload(f"The payload of {self.name} is not valid.", fields_of(error)) from error

    def payload_schema(self) -> dict[str, Any]:
        return self.payload.model_json_schema()

    def result_schema(self) -> dict[str, Any]:
        return TypeAdapter(self.returns).json_schema()

    def dump_result(self, value: Any) -> Any:
        """What the job returned, as JSON values."""
        return ANY.dump_python(value, mode="json")


def fields_of(error: ValidationError) -> dict[str, str]:
    """What is wrong with each field, by its path."""
    return {".".join(map(str, e["loc"])) or "payload": e["msg"] for e in error.errors(include_url=False, include_input=False)}


class Registry:
    """The job types of this process, by name."""

    def __init__(self) -> None:
        self._types: dict[str, JobType] = {}

    def add(self, job_type: JobType) -> None:
        other = self._types.get(job_type.name)
        if other and (other.function.__module__, other.function.__qualname__) != (
            job_type.function.__module__,
            job_type.function.__qualname__,
        ):
            where = f"{other.function.__module__}.{other.function.__qualname__}"
            raise DeclarationError(f"The job type {job_type.name!r} is declared twice; first in {where}.")
        self._types[job_type.name] = job_type

    def get(self, name: str) -> JobType:
        """The job type of that name; raises UnknownJobType with the nearest names."""
        try:
            return self._types[name]
        except KeyError:
            raise UnknownJobType(name, difflib.get_close_matches(name, self._types, n=2)) from None

    def remove(self, name: str) -> None:
        self._types.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[JobType]:
        return iter(sorted(self._types.values(), key=lambda t: t.name))


registry = Registry()
