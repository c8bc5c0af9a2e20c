"""What the transport reads in a message, and how it marks one as dead."""

import base64
import uuid
from datetime import UTC, datetime
from time import time
from typing import Any

import orjson
from kombu.utils.json import dumps

from jobs.infra.transport.keys import DEAD_LETTER


def due(message: dict[str, Any]) -> int | None:
    """When the message may be taken, in ms since 1970; None for now."""
    headers = message.get("headers") or {}
    eta = headers.get("eta") if "task" in headers else headers.get("eta") or _eta_within(message)
    if not eta:
        return None
    try:
        moment = datetime.fromisoformat(eta)
    except (ValueError, TypeError):
        return None
    due = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    return due if due > time() * 1000 else None


def _eta_within(message: dict[str, Any]) -> Any:
    """Celery's first protocol, which some clients still speak, has it in the body."""
    body = message.get("body")
    if message.get("content-type") != "application/json" or not isinstance(body, str):
        return None
    try:
        told = orjson.loads(base64.b64decode(body) if message["properties"].get("body_encoding") == "base64" else body)
    except (ValueError, KeyError):
        return None
    return told.get("eta") if isinstance(told, dict) and "task" in told else None


def opened(raw: bytes, queue: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The message, with all the parts that kombu looks for, and its delivery info. Raises ValueError when it is none."""
    payload = orjson.loads(raw)
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    # Some clients leave a part out, others write null.
    headers = payload["headers"] = payload.get("headers") or {}
    properties = payload["properties"] = payload.get("properties") or {}
    if not isinstance(headers, dict) or not isinstance(properties, dict):
        raise ValueError("headers or properties are none")
    info = properties["delivery_info"] = properties.get("delivery_info") or {"exchange": "", "routing_key": queue}
    if not isinstance(info, dict):
        raise ValueError("the delivery info is none")
    return payload, info


def dead(payload: dict[str, Any], reason: str, queue: str, deliveries: int) -> str:
    """The message with a header that says why it is dead."""
    error = {"type": "WorkerLost", "message": f"its worker died {deliveries} times", "traceback": ""}
    about = {"reason": reason, "queue": queue, "deliveries": deliveries, "error": error, "at": int(time() * 1000)}
    payload["headers"]["x-dead-letter"] = about
    payload["properties"]["delivery_info"] = {"exchange": "", "routing_key": DEAD_LETTER}
    payload["properties"].setdefault("delivery_tag", str(uuid.uuid4()))
    return str(dumps(payload))


def unreadable(raw: bytes, queue: str) -> str:
    """An envelope around what is no message: the raw bytes, in base64, are its body."""
    body = orjson.dumps({"raw": base64.b64encode(raw).decode(), "content_type": None})
    error = {"type": "ValueError", "message": "not a message", "traceback": ""}
    about = {"reason": "undecodable", "queue": queue, "deliveries": 0, "error": error, "at": int(time() * 1000)}
    payload = {
        "body": base64.b64encode(body).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"x-dead-letter": about},
        "properties": {
            "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": DEAD_LETTER},
            "delivery_tag": str(uuid.uuid4()),
        },
    }
    return orjson.dumps(payload).decode()
