"""What jobs carry, taken out of what is shown to who may not see it.

That is more than payload and result: the words of an error, its traceback, the message of a progress and the value by which a limit
counts quote what the job was given.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.models import Attempt, Event, Job

CARRIED = frozenset({"result", "args", "kwargs", "message"})
# Of an error: the exception, why the job is dead, and where it failed.
KNOWN = frozenset({"type", "reason", "failure"})


def bare_error(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if error is None else {name: value for name, value in error.items() if name in KNOWN}


def bare_event(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in data.items() if name not in CARRIED}
    if "error" in kept:
        kept["error"] = bare_error(kept["error"])
    if "gate" in kept:
        kept["gate"] = str(kept["gate"]).partition("|")[0]
    return kept


def bare_progress(progress: Any) -> Any:
    return {name: value for name, value in progress.items() if name != "message"} if isinstance(progress, dict) else progress


def hide(job: Job, events: Iterable[Event] = (), attempts: Iterable[Attempt] = ()) -> None:
    """Take it out of these objects, which are about to be shown and not to be saved."""
    job.payload, job.result, job.error, job.progress = {}, None, bare_error(job.error), bare_progress(job.progress)
    for event in events:
        event.data = bare_event(event.data)
    for attempt in attempts:
        attempt.error = bare_error(attempt.error)
