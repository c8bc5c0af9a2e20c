"""Events over HTTP: a stream that resumes where it was, and channels of a tenant's own."""

import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any

import orjson
from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Field, Header, Query, Router, Status

from jobs.api.auth import AsyncAnyone, AsyncKey, AsyncSession, require
from jobs.api.schemas import Camel
from jobs.core.errors import TooMany
from jobs.core.event_type import cloud_event, event_types
from jobs.core.patterns import any_of
from jobs.core.positions import accepted, padded
from jobs.infra.feed import Interest, feed
from jobs.infra.journal import Entry
from jobs.infra.stream import HEARTBEAT, in_thread, response
from jobs.models.tenant import Scope
from jobs.queries import events as queries
from jobs.services import events

router = Router(tags=["events"])
AGAIN = timedelta(seconds=30)
# Characters of messages that wait until a reader takes them.
MOST_KEPT = 262_144


class EventTypeOut(Camel):
    name: str
    summary: str
    public: bool
    data: dict[str, Any] = Field(..., description="JSON Schema of what the event carries.")


class EventIn(Camel):
    type: str = Field(..., description="A name of your own, like `orders.created`.", max_length=100)
    subject: str = Field("", max_length=200)
    data: dict[str, Any] = Field(default_factory=dict)


class EventAccepted(Camel):
    status: str = "accepted"


@router.get("/events/types", response=list[EventTypeOut], summary="Every declared event with the schema of its data")
def types(request: HttpRequest) -> list[dict[str, Any]]:
    require(request, Scope.READ)
    return [
        {"name": t.name, "summary": t.summary, "public": t.public, "data": t.data.model_json_schema(by_alias=True)} for t in event_types
    ]


@router.post("/events", response={202: EventAccepted}, summary="Publish to a channel of your own")
def publish(request: HttpRequest, event: EventIn) -> Status[dict[str, str]]:
    """Names whose first part belongs to the platform or to an application are refused. At most 64 KiB of data."""
    tenant = require(request, Scope.SUBMIT)
    events.publish_own(event.type, event.data, subject=event.subject, tenant=tenant)
    return Status(202, {"status": "accepted"})


@router.get(
    "/events",
    auth=[AsyncKey(), AsyncSession(), AsyncAnyone()],
    summary="Follow events: Server-Sent Events with CloudEvents 1.0 in JSON",
    openapi_extra={"responses": {"200": {"description": "The stream", "content": {"text/event-stream": {"schema": {"type": "string"}}}}}},
)
async def stream(
    request: HttpRequest,
    pattern: Annotated[list[str], Query(description="`job.*`, `stock.**`; several may be given.")] = ["**"],  # noqa: B006
    subject: Annotated[str, Query(description="Of this subject alone.")] = "",
    after: Annotated[str, Query(description="The id of the last event seen; `0-0` for all that is kept. Without it: from now on.")] = "",
    last_event_id: Annotated[str, Header(alias="Last-Event-ID")] = "",
) -> StreamingHttpResponse:
    """Each event's `id` is its place: sent back as `Last-Event-ID` the stream goes on there, with nothing missed or twice.

    A reader without a key or a session hears public events alone.
    """
    names = audible(any_of(tuple(pattern)), request.scopes)  # type: ignore[attr-defined]
    last = last_event_id or after
    place = accepted(last) if last else None
    tenant = request.tenant.slug  # type: ignore[attr-defined]
    if feed().count(tenant) >= settings.EVENT_STREAMS_PER_TENANT:
        raise TooMany("Your tenant has as many event streams open as it may have.", AGAIN)
    return response(messages(Interest(subject, tenant, names), place))


@lru_cache(maxsize=256)
def audible(wanted: Callable[[str], bool], scopes: frozenset[str]) -> Callable[[str], bool]:
    """What of it who asks may hear."""
    if Scope.OPERATE.value in scopes:
        return wanted
    if "key" in scopes:
        return lambda name: wanted(name) and not event_types.is_private(name)
    return lambda name: wanted(name) and event_types.is_public(name)


async def messages(interest: Interest, place: str | None) -> AsyncIterator[str]:
    """The stream, from a place on. What the follower has missed is read again from the journal, so nobody's queue grows."""
    async with feed().subscribe(interest) as follower:
        here = place or await _now()
        yield f"retry: 1000\nid: {here}\n: from here\n\n"
        follower.missed = True
        while True:
            if follower.missed:
                follower.take()
                spoke = time.monotonic()
                while passage := await _passage(interest, here):
                    here, texts = passage
                    # A rare pattern is looked for in a large archive.
                    if not texts and time.monotonic() - spoke >= HEARTBEAT.total_seconds():
                        texts = [_still(here)]
                    for text in texts:
                        yield text
                        spoke = time.monotonic()
            for entry in follower.take() if not follower.missed else ():
                if padded(entry.id) > padded(here):
                    here = entry.id
                    yield message(entry)
            if not follower.missed and not await follower.next(HEARTBEAT):
                yield _still(here)


def _still(here: str) -> str:
    return f"id: {here}\n: still here\n\n"


def passage(interest: Interest, here: str) -> tuple[str, list[str]] | None:
    """The next piece of the journal: up to where, and the messages of it; None at the end. So much is kept for a slow reader, no more."""
    texts, size = list[str](), 0
    found = queries.read(here, tenant=interest.tenant, subject=interest.subject)
    for entry in found:
        here = entry.id
        if interest.fits(entry.name, entry.subject, entry.tenant):
            texts.append(message(entry))
            size += len(texts[-1])
        if size > MOST_KEPT:
            break
    return (here, texts) if found else None


# An entry that a thousand readers hear is written once: these are the last ones.
_written: dict[str, str] = {}
MOST_WRITTEN = 256


def message(entry: Entry) -> str:
    if (text := _written.get(entry.id)) is None:
        envelope = cloud_event(entry.id, entry.name, entry.subject, entry.tenant, entry.at.isoformat(), entry.data)
        text = f"id: {entry.id}\ndata: {orjson.dumps(envelope).decode()}\n\n"
        if len(_written) >= MOST_WRITTEN:
            _written.clear()
        _written[entry.id] = text
    return text


_passage = in_thread(passage)
_now = in_thread(queries.now)
