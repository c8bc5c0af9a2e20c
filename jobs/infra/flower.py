"""The gateway to Flower: it is asked on behalf of somebody who has signed in on the site, with Flower's own password."""

from dataclasses import dataclass

import httpx
from django.conf import settings

from jobs.core.errors import Unavailable

PREFIX = "/ops/flower"
# What of an answer is passed on; the rest belongs to the one connection or to the other.
KEPT = ("content-type", "cache-control", "etag", "last-modified")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


def ask(method: str, path: str, query: str = "", body: bytes = b"", content_type: str = "") -> Answer:
    """What Flower answers below PREFIX. Raises Unavailable where it is not there, or knows another password."""
    user, _, password = settings.FLOWER_BASIC_AUTH.partition(":")
    address = httpx.URL(settings.FLOWER_URL).copy_with(path=f"{PREFIX}/{path}", query=query.encode() or None)
    headers = {"content-type": content_type} if content_type else {}
    try:
        told = httpx.request(method, address, content=body, headers=headers, auth=(user, password), timeout=20)
    except httpx.HTTPError as error:
        raise Unavailable(f"Flower does not answer at {settings.FLOWER_URL}.") from error
    if told.status_code == 401:
        raise Unavailable("Flower knows another password than this site: FLOWER_BASIC_AUTH differs.")
    return Answer(told.status_code, told.content, {name: told.headers[name] for name in KEPT if name in told.headers})
