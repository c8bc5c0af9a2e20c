"""The buyers of a storm: each asks for one unit after another over HTTP, with a key for each wish, until it is told yes or no."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

WAIT = 10
# Seconds for which one wish is asked again, with the same key, when the shop is away or not ready with it.
PATIENCE = 120.0
AGAIN = 0.2


@dataclass(frozen=True, slots=True)
class Shop:
    host: str
    port: int
    secret: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`word` is `reserved`, or the code of the refusal; `tries` is 1 where the first call brought it."""

    sku: str
    word: str
    seconds: float
    tries: int


def storm(shop: Shop, skus: Sequence[str], clients: int, name: str) -> list[Answer]:
    """One wish for a unit of each of these, by so many clients at once, in this order. `name` makes the wishes' keys unique."""
    wishes, lock, answers = iter(enumerate(skus)), threading.Lock(), list[Answer]()

    def buy() -> None:
        buyer = _Buyer(shop)
        while wish := _next(wishes, lock):
            answers.append(buyer.ask(wish[1], f"{name}:{wish[0]}"))
        buyer.leave()

    threads = [threading.Thread(target=buy, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _next(wishes: Iterator[tuple[int, str]], lock: threading.Lock) -> tuple[int, str] | None:
    with lock:
        return next(wishes, None)


class _Buyer:
    """One connection, kept open."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.line = http.client.HTTPConnection(shop.host, shop.port, timeout=WAIT * 3)

    def ask(self, sku: str, key: str) -> Answer:
        began, tries, word = time.monotonic(), 0, ""
        while time.monotonic() - began < PATIENCE:
            word, tries = self._post(sku, key), tries + 1
            if word in ("reserved", "out_of_stock"):
                break
            if word != "accepted":
                time.sleep(AGAIN)
        return Answer(sku, word, time.monotonic() - began, tries)

    def _post(self, sku: str, key: str) -> str:
        body = json.dumps({"lines": [{"sku": sku, "quantity": 1}], "ttl": 3600})
        headers = {"Authorization": f"Bearer {self.shop.secret}", "Content-Type": "application/json"}
        headers |= {"Prefer": f"wait={WAIT}", "Idempotency-Key": key}
        try:
            self.line.request("POST", "/api/stock/reservations", body, headers)
            answer = self.line.getresponse()
            return _word(answer.status, answer.read())
        except (OSError, http.client.HTTPException):
            self.leave()
            return "away"

    def leave(self) -> None:
        self.line.close()


def _word(status: int, body: bytes) -> str:
    if status in (201, 202):
        return {201: "reserved", 202: "accepted"}[status]
    try:
        told: dict[str, Any] = json.loads(body)
    except ValueError:
        return f"status {status}"
    return str(told.get("code", f"status {status}"))
