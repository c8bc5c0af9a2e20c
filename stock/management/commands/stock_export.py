"""`manage.py stock_export products -o products.xlsx`: the same tables as the site's exports, straight into a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.core.errors import TooLarge
from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from stock.services import exports
from stock.services.exports import Format, Kind


class Command(BaseCommand):
    help = "Write products, movements or orders into a CSV or XLSX file: its name says which."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=list(Kind))
        parser.add_argument("-o", "--output", required=True, type=Path, help="A file that ends in .csv or .xlsx.")
        parser.add_argument("--tenant", default=DEFAULT_TENANT)
        parser.add_argument("--costs", action="store_true", help="With what things cost.")

    def handle(self, *args: Any, kind: str, output: Path, tenant: str, costs: bool, **options: Any) -> None:
        owner = Tenant.objects.filter(slug=tenant).first()
        if owner is None:
            raise CommandError(f"There is no tenant {tenant!r}.")
        if output.suffix[1:] not in set(Format):
            raise CommandError(f"{output} ends in neither {' nor '.join(f'.{form}' for form in Format)}.")
        table = exports.table(owner, Kind(kind), costs=costs)
        try:
            rows = exports.write(output, Format(output.suffix[1:]), table.columns, table)
        except (OSError, TooLarge) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{rows} rows in {output}.")
