"""Errors as RFC 9457 problem details, by one table."""

from typing import Any

import ninja.errors
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI

from jobs.core import errors

STATUS: dict[type[errors.ConveyorError], int] = {
    errors.InvalidInput: 422,
    errors.NotAuthenticated: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}


def status_of(error: errors.ConveyorError) -> int:
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def problem(status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail, "error": detail, **more}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def install(api: NinjaAPI) -> None:
    @api.exception_handler(errors.ConveyorError)
    def ours(request: HttpRequest, error: errors.ConveyorError) -> HttpResponse:
        more = {"fields": error.fields} if isinstance(error, errors.InvalidInput) and error.fields else {}
        response = problem(status_of(error), error.code, error.detail, **more)
        if isinstance(error, errors.TooMany):
            response["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
        return response

    @api.exception_handler(ninja.errors.ValidationError)
    def invalid(request: HttpRequest, error: ninja.errors.ValidationError) -> HttpResponse:
        fields = {".".join(map(str, e["loc"])): e["msg"] for e in error.errors}
        return problem(422, "invalid_input", "The request is not valid.", fields=fields)

    @api.exception_handler(ninja.errors.AuthenticationError)
    def anonymous(request: HttpRequest, error: ninja.errors.AuthenticationError) -> HttpResponse:
        return problem(401, "not_authenticated", "Send an API key: Authorization: Bearer <key>.")

    @api.exception_handler(ninja.errors.HttpError)
    def refused(request: HttpRequest, error: ninja.errors.HttpError) -> HttpResponse:
        return problem(error.status_code, "invalid_request", str(error))

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, "not_found", "There is nothing here.")
