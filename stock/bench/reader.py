"""Someone who looks at the shelves all the time while a storm goes over them."""

import threading
from typing import Self

from django.db import connection

from jobs.models import Tenant
from stock.queries import catalogue

LOOK = """
SELECT min(v.on_hand - v.reserved), min(v.reserved), min(v.on_hand)
FROM stock_level v JOIN stock_product p ON p.id = v.product_id WHERE p.tenant_id = %s"""
PAUSE = 0.005


class Reader:
    """In a `with` block: reads the levels of a tenant, and what its shop shows as available, again and again."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.looks = 0
        self.least = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        try:
            while not self._over.wait(PAUSE):
                self.least = min(self.least, *self._look())
                self.looks += 1
        finally:
            connection.close()

    def _look(self) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(LOOK, [self.tenant.pk])
            rows = list(cursor.fetchone())
        return [*rows, *(product.available for product in catalogue.of(self.tenant))]  # type: ignore[attr-defined]
