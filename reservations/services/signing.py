"""Signing tickets, and the public keys that check them."""

from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from reservations.core import ticket_code
from reservations.core.ticket_code import Claim
from reservations.models import SigningKey


def code_of(ticket_id: UUID, show_id: int) -> str:
    """The signed code of a ticket. Its public key is kept, whatever becomes of the secret."""
    key = _private(settings.TICKET_SECRET)
    public = ticket_code.public_bytes(key)
    SigningKey.objects.get_or_create(pk=ticket_code.key_id(public), defaults={"public": public})
    return ticket_code.sign(key, ticket_id, show_id)


def read(code: str) -> Claim:
    """What a code says; raises ticket_code.BadCode."""
    return ticket_code.read(code, public_keys())


def public_keys() -> dict[str, bytes]:
    """By id: the present one and those of earlier secrets."""
    public = ticket_code.public_bytes(_private(settings.TICKET_SECRET))
    return {row.pk: bytes(row.public) for row in SigningKey.objects.all()} | {ticket_code.key_id(public): public}


@lru_cache(maxsize=4)
def _private(secret: str) -> Ed25519PrivateKey:
    return ticket_code.private_key(secret)
