"""Every error that the platform raises on purpose, in one tree, each with a stable code.

ConveyorError
|- InvalidInput            the caller's words are wrong
|  |- InvalidPayload         (fields)
|  |- UnknownJobType
|  |- InvalidFilter
|- NotFound                not there, or not yours
|- NotAllowed              known, and may not
|- NotAuthenticated
|- Conflict                the state forbids it
|  |- InvalidState
|  |- IdempotencyConflict
|- TooLarge
|- TooMany                 (retry_after)
|- Unavailable             a neighbour (Redis, PostgreSQL) is away
|- DeclarationError        a job type is declared wrongly; raised at import
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar


class ConveyorError(Exception):
    """The root. `code` is stable and part of the API; the message is for people."""

    code: ClassVar[str] = "error"

    @property
    def detail(self) -> str:
        return str(self)


class InvalidInput(ConveyorError):
    """What came can't be taken as it is; `fields` maps a path (`lines.0.sku`) to what is wrong with it."""

    code = "invalid_input"

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class InvalidPayload(InvalidInput):
    code = "invalid_payload"


class UnknownJobType(InvalidInput):
    code = "unknown_type"

    def __init__(self, name: str, suggestions: Sequence[str] = ()) -> None:
        hint = f" Did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(f"There is no job type {name!r}.{hint}")


class InvalidFilter(InvalidInput):
    code = "invalid_filter"


class NotFound(ConveyorError):
    code = "not_found"


class NotAuthenticated(ConveyorError):
    code = "not_authenticated"


class NotAllowed(ConveyorError):
    code = "not_allowed"


class Conflict(ConveyorError):
    code = "conflict"


class InvalidState(Conflict):
    code = "invalid_state"


class IdempotencyConflict(Conflict):
    code = "idempotency_conflict"


class TooLarge(ConveyorError):
    code = "too_large"


class TooMany(ConveyorError):
    """A limit is reached; asking again after `retry_after` may succeed."""

    code = "too_many"

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ConveyorError):
    code = "unavailable"


class DeclarationError(ConveyorError, TypeError):
    code = "declaration_error"
