"""Signatures of webhooks as Standard Webhooks 1.0 says (https://www.standardwebhooks.com), so that its libraries verify them."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from jobs.core.errors import InvalidInput

PREFIX = "whsec_"
LEAST, MOST = 24, 64


def secret_of(random: bytes) -> str:
    """A secret as people handle it, of 24 to 64 random bytes."""
    return PREFIX + base64.b64encode(random).decode()


def accept_secret(secret: str) -> str:
    """A secret that a client brings; raises InvalidInput."""
    try:
        size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not secret.startswith(PREFIX) or not LEAST <= size <= MOST:
        words = f"is {PREFIX} and the Base64 of {LEAST} to {MOST} random bytes"
        raise InvalidInput(f"A secret {words}.", {"secret": words})
    return secret


def sign(secrets: Sequence[str], id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The headers of a message sent at that time (seconds since 1970): one signature for each secret that counts."""
    content = f"{id}.{seconds}.".encode() + body
    signatures = " ".join("v1," + _signature(secret, content) for secret in secrets)
    return {"webhook-id": id, "webhook-timestamp": str(seconds), "webhook-signature": signatures}


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
