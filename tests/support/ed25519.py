"""Checking Ed25519 signatures from the text of RFC 8032 alone: a second reader of tickets' codes, which shares nothing with the first."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int]
BASE_Y = 4 * pow(5, -1, P) % P


def add(a: Point, b: Point) -> Point:
    """Section 5.1.4, in affine coordinates: slow, and easy to compare with the paper."""
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def times(number: int, point: Point) -> Point:
    result: Point = (0, 1)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def x_of(y: int, odd: int) -> int | None:
    """Section 5.1.3: the x that goes with y."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return x if x & 1 == odd else P - x


def decode(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    y, odd = number & (2**255 - 1), number >> 255
    x = x_of(y, odd) if y < P else None
    return None if x is None else (x, y)


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Section 5.1.7."""
    key, commitment = decode(public), decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    x = x_of(BASE_Y, 0)
    if key is None or commitment is None or scalar >= ORDER or x is None:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return times(scalar, (x, BASE_Y)) == add(commitment, times(challenge, key))
