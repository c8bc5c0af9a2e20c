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


DETAILS = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "status", "code", "detail", "error"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable: decide by this."},
        "detail": {"type": "string", "description": "For people."},
        "error": {"type": "string", "description": "The same sentence as detail."},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}, "description": "What is wrong, by path."},
    },
}


class Api(NinjaAPI):
    """An API whose every operation documents the errors that it may answer."""

    def get_openapi_schema(self, **options: Any) -> Any:
        schema = super().get_openapi_schema(**options)
        for path in schema["paths"].values():
            for operation in path.values():
                operation["responses"] = _documented() | {str(status): said for status, said in operation["responses"].items()}
        return schema


def _documented() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": DETAILS}}
    return {str(status): {"description": _word(kind), "content": content} for kind, status in STATUS.items()}


def _word(kind: type[errors.ConveyorError]) -> str:
    return kind.code.replace("_", " ").capitalize()


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
