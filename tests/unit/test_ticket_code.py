"""The code of a ticket: what a door reads without a network, and what it refuses."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservations.core import ticket_code
from reservations.core.ticket_code import BadCode
from tests.support import ed25519

KEY = ticket_code.private_key("a secret")
PUBLIC = ticket_code.public_bytes(KEY)
KEYS = {ticket_code.key_id(PUBLIC): PUBLIC}


def test_the_second_reader_agrees_with_the_test_vector_of_rfc_8032() -> None:
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519.verifies(public, b"\x72", signature)
    assert not ed25519.verifies(public, b"\x73", signature)


@given(st.uuids(), st.integers(min_value=1, max_value=2**63))
def test_what_was_signed_is_read_again_however_it_is_typed(ticket: UUID, show: int) -> None:
    code = ticket_code.sign(KEY, ticket, show)
    claim = ticket_code.read(code.lower()[:20] + " " + code[20:] + "\n", KEYS)
    assert (claim.ticket, claim.show) == (ticket, show)


def test_a_reader_of_its_own_finds_the_same() -> None:
    ticket = uuid4()
    code = ticket_code.sign(KEY, ticket, 7)
    raw = base64.b32decode(code + "=" * (-len(code) % 8))
    assert ed25519.verifies(PUBLIC, raw[:29], raw[29:])
    assert (raw[0], raw[5:21], int.from_bytes(raw[21:29])) == (1, ticket.bytes, 7)
    assert not ed25519.verifies(PUBLIC, raw[:28] + b"\x08", raw[29:])


@given(st.integers(min_value=0, max_value=92), st.integers(min_value=1, max_value=255))
def test_no_changed_byte_goes_through(at: int, flip: int) -> None:
    code = ticket_code.sign(KEY, UUID(int=5), 7)
    raw = bytearray(base64.b32decode(code + "=" * (-len(code) % 8)))
    raw[at] ^= flip
    with pytest.raises(BadCode):
        ticket_code.read(base64.b32encode(bytes(raw)).decode(), KEYS)


@given(st.text(max_size=200))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadCode):
        ticket_code.read(text, KEYS)


def test_another_installations_ticket_is_refused() -> None:
    code = ticket_code.sign(ticket_code.private_key("another secret"), uuid4(), 7)
    with pytest.raises(BadCode, match="not known here"):
        ticket_code.read(code, KEYS)
