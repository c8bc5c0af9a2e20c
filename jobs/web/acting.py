"""Middleware: while a request is answered, whoever sent it is the actor."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from jobs.core.actor import PLATFORM, acting
from jobs.models import ApiKey

Answer = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def middleware(get_response: Answer) -> Answer:
    if iscoroutinefunction(get_response):
        ask: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def answer_soon(request: HttpRequest) -> HttpResponseBase:
            with acting(lambda: who(request)):
                return await ask(request)

        return answer_soon

    def answer(request: HttpRequest) -> Any:
        with acting(lambda: who(request)):
            return get_response(request)

    return answer


def who(request: HttpRequest) -> str:
    """The user's name, `key <prefix>` of an API key, or the platform."""
    if isinstance(key := getattr(request, "auth", None), ApiKey):
        return f"key {key.prefix}"
    user = getattr(request, "user", None)
    return user.get_username() if user is not None and user.is_authenticated else PLATFORM
