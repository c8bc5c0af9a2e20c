"""The code of a ticket: who and for which show, signed (Ed25519, RFC 8032), so that a door without a network and without a secret can tell.

In base32 (RFC 4648, no padding: the letters that a scanner's keyboard types alike everywhere, and the small alphabet of QR codes):

    1 byte  version, 1
    4 bytes the id of the key: the first of the SHA-256 of the public key
    16      the ticket's id
    8       the show's id, big-endian
    64      the signature of the 29 bytes before it
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 1
CLAIM = struct.Struct(">B4s16sQ")
SIGNATURE = 64
SHORT = 8


class BadCode(ValueError):
    """No code of ours, or one that somebody changed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a code says."""

    key: str
    ticket: UUID
    show: int


def private_key(secret: str) -> Ed25519PrivateKey:
    """The signing key that follows from a secret (HKDF, RFC 5869)."""
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"conveyor ticket codes 1").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def key_id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:8]


def sign(key: Ed25519PrivateKey, ticket: UUID, show: int) -> str:
    """The code; the same for the same ticket, show and key."""
    claim = CLAIM.pack(VERSION, bytes.fromhex(key_id(public_bytes(key))), ticket.bytes, show)
    return base64.b32encode(claim + key.sign(claim)).decode().rstrip("=")


def read(code: str, keys: Mapping[str, bytes]) -> Claim:
    """What the code says, its signature checked against the public keys by id; raises BadCode."""
    raw = _bytes(code)
    if len(raw) != CLAIM.size + SIGNATURE or raw[0] != VERSION:
        raise BadCode("This is no ticket's code.")
    _, key, ticket, show = CLAIM.unpack(raw[: CLAIM.size])
    if (public := keys.get(key.hex())) is None:
        raise BadCode("This code was signed with a key that is not known here.")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(raw[CLAIM.size :], raw[: CLAIM.size])
    except InvalidSignature:
        raise BadCode("The signature of this code is wrong.") from None
    return Claim(key.hex(), UUID(bytes=ticket), show)


def tidy(code: str) -> str:
    """As typed or scanned, without spaces and hyphens, in capitals."""
    return "".join(c for c in code.upper() if c.isalnum())


def short(ticket: UUID) -> str:
    """What is printed under the picture and typed where it can't be read: the last 40 bits of the id, which are random."""
    word = base64.b32encode(ticket.bytes[-5:]).decode()
    return f"{word[:4]}-{word[4:]}"


def tail_of(word: str) -> str:
    """The end of a ticket's id, in hexadecimal, that these eight letters stand for; raises BadCode."""
    return _bytes(word).hex()


def _bytes(code: str) -> bytes:
    word = tidy(code)
    try:
        return base64.b32decode(word + "=" * (-len(word) % 8))
    except (binascii.Error, ValueError):
        raise BadCode("This is no ticket's code.") from None
