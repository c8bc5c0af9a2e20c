"""Alive, and ready: which neighbour is away."""

import redis
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from jobs.infra.redis import client


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """503 names what is down."""
    parts = {"postgresql": _postgresql(), "redis": _redis()}
    up = all(parts.values())
    words = {name: "up" if fine else "down" for name, fine in parts.items()}
    return JsonResponse({"status": "ok" if up else "unavailable", **words}, status=200 if up else 503)


def _postgresql() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _redis() -> bool:
    try:
        return bool(client().ping())
    except redis.RedisError:
        return False
