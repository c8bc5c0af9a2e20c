"""The one way out to other people's servers: requests that can't be turned against our own network.

A name is resolved once, each of its addresses is judged (core.outbound), and the connection is made to a judged address,
while Host and TLS keep the name: there is no second look-up that could answer otherwise (DNS rebinding). Redirects are not
followed, proxies of the environment are not used, and what comes back is capped in size and in time, all together: from the
question for the name to the last byte, however slowly somebody answers, takes or sends.
"""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import httpcore
import httpx
from django.conf import settings

from jobs.core.outbound import Address, Network, Target, target, why_closed

MOST_BODY = 16_384
MOST_HEADERS, MOST_HEADER = 40, 500
# Sent at a time: whoever takes it slowly is asked after the time that is left for each such piece.
PIECE = 4096
AGENT = "Conveyor-Webhooks/1"
Resolve = Callable[[str, int], Sequence[str]]


class Unreached(Exception):
    """No answer came: refused by us, no connection, or too late. The message says which."""


class Refused(Unreached):
    """Nothing was sent: it would have gone where nothing of ours may go."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, capped: of the body `MOST_BODY` bytes at most."""

    status: int
    headers: dict[str, str]
    body: str
    truncated: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def resolve(host: str, port: int) -> list[str]:
    """Every address of the name, in the order in which the system prefers them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def allowed_networks() -> tuple[Network, ...]:
    """One's own networks that may be reached, as the settings list them."""
    return tuple(ipaddress.ip_network(net) for net in settings.OUTBOUND_ALLOWED_NETWORKS)


def post(url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta, resolve: Resolve = resolve) -> Answer:
    """Send it, once; raises Unreached. `timeout` is for everything from the name to the last byte that is read."""
    place, deadline = target(url), time.monotonic() + timeout.total_seconds()
    addresses = _judged(place, resolve, deadline)
    sent = [("Host", place.authority), ("User-Agent", AGENT), ("Accept", "*/*"), ("Accept-Encoding", "identity"), *headers.items()]
    where = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.path)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trust(), network_backend=_Pinned(addresses, deadline)) as pool,
            pool.stream("POST", where, headers=[*sent, ("Content-Length", str(len(body)))], content=body) as response,
        ):
            content, truncated = _capped(response.iter_stream())
            return Answer(response.status, _headers(response.headers), _text(content), truncated)
    except httpcore.TimeoutException:
        raise Unreached(f"no answer within {timeout.total_seconds():g} s") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise Unreached(f"{type(error).__name__}: {error}"[:500]) from None


def _judged(place: Target, resolve: Resolve, deadline: float) -> list[Address]:
    """The addresses to connect to; raises Refused when any address of the name is closed to us."""
    found = [str(place.literal)] if place.literal else _found(place, resolve, deadline)
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
    allowed = allowed_networks()
    for why in filter(None, (why_closed(address, allowed) for address in addresses)):
        raise Refused(f"nothing is sent to {place.host}: {why}")
    if not addresses:
        raise Unreached(f"the name {place.host} has no address")
    return addresses


def _found(place: Target, resolve: Resolve, deadline: float) -> Sequence[str]:
    """The addresses of the name. Asked for in a thread, for nothing else ends the silence of somebody's name server."""
    box: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            box.put(resolve(place.host, place.port))
        except Exception as error:  # whatever it is, it is the asker's
            box.put(error)

    threading.Thread(target=ask, name=f"resolve {place.host}", daemon=True).start()
    try:
        answer = box.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise Unreached(f"the name {place.host} was not found in time") from None
    if isinstance(answer, OSError | UnicodeError):
        raise Unreached(f"the name {place.host} was not found: {answer}") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class _Pinned(httpcore.NetworkBackend):
    """Connects to the first of these addresses that answers, whatever name is asked for; each read and write has the time that is left."""

    def __init__(self, addresses: Sequence[Address], deadline: float) -> None:
        self._addresses, self._deadline = addresses, deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        for more, address in zip(reversed(range(len(self._addresses))), self._addresses, strict=True):
            # One that is silent leaves the others their part of the time.
            patience = _left(self._deadline, httpcore.ConnectTimeout) / (more + 1)
            try:
                return _Timed(self._backend.connect_tcp(str(address), port, patience), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not more:
                    raise
        raise httpcore.ConnectError("there is no address")


class _Timed(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE):
            self._stream.write(buffer[start : start + PIECE], _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline, httpcore.ConnectTimeout))
        return _Timed(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, late: type[httpcore.TimeoutException]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise late
    return left


def _capped(chunks: Iterable[bytes]) -> tuple[bytes, bool]:
    content = b""
    for chunk in chunks:
        content += chunk
        if len(content) > MOST_BODY:
            return content[:MOST_BODY], True
    return content, False


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {_text(name)[:MOST_HEADER].lower(): _text(value)[:MOST_HEADER] for name, value in list(raw)[:MOST_HEADERS]}


def _text(content: bytes) -> str:
    """As text that PostgreSQL keeps: it knows no NUL."""
    return content.decode("utf-8", "replace").replace("\x00", "�")
