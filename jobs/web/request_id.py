"""Middleware: each request has an id, answered as X-Request-Id and bound to every line; how it was answered is told, counted and traced.

Ours rather than django-structlog's: that one takes any id from outside, answers none, and writes two lines a request.
"""

import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from inspect import iscoroutinefunction
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from jobs.core import request_id
from jobs.infra import alive, counted, feed, pools
from jobs.infra.tracing import traces

log = structlog.get_logger(__name__)
HEADER = "X-Request-Id"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
Answer = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def middleware(get_response: Answer) -> Answer:
    if iscoroutinefunction(get_response):
        ask: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def answer_soon(request: HttpRequest) -> HttpResponseBase:
            began = time.monotonic()
            with _bound(request), traces().serving(request):
                return _told(request, await ask(request), began)

        return answer_soon

    def answer(request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        with _bound(request), traces().serving(request):
            return _told(request, get_response(request), began)

    return answer


def _bound(request: HttpRequest) -> AbstractContextManager[None]:
    return request_id.bound(request_id.accepted(request.headers.get(HEADER, ""), lambda: uuid.uuid4().hex))


def _told(request: HttpRequest, response: HttpResponseBase, began: float) -> HttpResponseBase:
    """Of a stream this is its beginning."""
    response[HEADER] = request_id.current()
    seconds = time.monotonic() - began
    match = request.resolver_match
    method = request.method if request.method and request.method in METHODS else "other"
    counted.counts.add(counted.HTTP, seconds, method, match.route if match else "none", str(response.status_code))
    traces().answered(method, f"/{match.route}" if match else "", response.status_code)
    log.info("http.answered", method=request.method, path=request.path, status=response.status_code, ms=round(seconds * 1000, 1))
    return response


def _sign_of_life() -> None:
    about = {"pools": pools.of_this_process(), "streams": feed.following()}
    alive.tell(alive.WEB, f"{socket.gethostname()}:{os.getpid()}", about)


counted.counts.also.append(_sign_of_life)
