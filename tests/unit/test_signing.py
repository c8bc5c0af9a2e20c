"""Our signatures, judged by the library of Standard Webhooks."""

import base64
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from jobs.core.errors import InvalidInput
from jobs.core.signing import accept_secret, secret_of, sign

OLD, NEW = secret_of(b"a" * 32), secret_of(b"b" * 24)
BODY = '{"type": "stock.reserved", "data": {"text": "žluťoučký"}}'.encode()


def test_their_library_verifies_ours() -> None:
    headers = sign([NEW], "evt_1", int(time.time()), BODY)
    assert Webhook(NEW).verify(BODY, headers)["type"] == "stock.reserved"
    assert Webhook(NEW).sign("evt_1", _moment(headers), BODY.decode()) == headers["webhook-signature"]


def test_while_two_secrets_overlap_either_verifies() -> None:
    headers = sign([NEW, OLD], "evt_1", int(time.time()), BODY)
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (BODY + b" ", {}),
        (BODY, {"webhook-id": "evt_2"}),
        (BODY, {"webhook-timestamp": str(int(time.time()) + 100)}),
        (BODY, {"webhook-timestamp": str(int(time.time()) - 3600)}),
        (BODY, {"webhook-signature": "v1,bm9wZQ=="}),
    ],
)
def test_what_was_changed_on_the_way_is_not_verified(body: bytes, changed: dict[str, str]) -> None:
    headers = sign([NEW], "evt_1", int(time.time()), BODY) | changed
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body, headers)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_short", NEW.removeprefix("whsec_"), secret_of(b"a" * 23), secret_of(b"a" * 65), "whsec_ä" * 9]
)
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        accept_secret(secret)
    assert "secret" in caught.value.fields


def test_a_secret_of_24_to_64_bytes_is_taken() -> None:
    for size in (24, 32, 64):
        assert accept_secret(secret_of(b"x" * size)) == "whsec_" + base64.b64encode(b"x" * size).decode()


def _moment(headers: dict[str, str]):  # type: ignore[no-untyped-def]
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
