"""The day's picture of the stock; the last look of a day counts."""

from django.db import connection
from django.utils import timezone

from jobs.models import Tenant
from stock.models import Snapshot

NOW = """
SELECT coalesce(sum(v.on_hand), 0)::bigint, coalesce(sum(v.reserved), 0)::bigint, coalesce(sum(v.on_hand * p.price), 0),
       (SELECT coalesce(sum(c.value), 0) FROM stock_valuation c JOIN stock_product q ON q.id = c.product_id WHERE q.tenant_id = %s)
FROM stock_level v JOIN stock_product p ON p.id = v.product_id WHERE p.tenant_id = %s"""


def take(tenant: Tenant) -> Snapshot:
    """Note what there is now, under today's date (UTC)."""
    with connection.cursor() as cursor:
        cursor.execute(NOW, [tenant.pk, tenant.pk])
        units, reserved, value, cost = cursor.fetchone()
    now = timezone.now()
    words = {"units": units, "reserved": reserved, "value": value, "cost": cost, "taken_at": now}
    return Snapshot.objects.update_or_create(tenant=tenant, day=now.date(), defaults=words)[0]
