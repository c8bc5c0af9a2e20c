"""`manage.py stock_audit`: prove that levels equal the ledger; exit code 1 where one does not."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from stock.models import Drift
from stock.services import audit


class Command(BaseCommand):
    help = "Compare each level with the ledger and the reservations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default=DEFAULT_TENANT)
        parser.add_argument("--repair", action="store_true", help="Put right what is found.")
        parser.add_argument("--believe", choices=list(Drift.Believed), default=Drift.Believed.LEDGER, help="Which of the two is right.")

    def handle(self, *args: Any, tenant: str, repair: bool, believe: str, **options: Any) -> None:
        owner = Tenant.objects.filter(slug=tenant).first()
        if owner is None:
            raise CommandError(f"There is no tenant {tenant!r}.")
        found = audit.audit(owner)
        for drift in audit.open_drifts(owner):
            self.stdout.write(f"{drift}; {drift.reserved} reserved, {drift.held} held")
            if repair:
                audit.repair(drift, believe=Drift.Believed(believe))
        if found and not repair:
            raise CommandError(f"{found} levels do not equal the ledger.")
        self.stdout.write(f"{found} repaired." if found else "Every level equals the ledger.")
