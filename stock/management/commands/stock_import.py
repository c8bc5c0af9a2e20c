"""`manage.py stock_import prices.csv`: a price list brought in by a job, as on the site, and followed to its end."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand, CommandError

from jobs.api import waiting
from jobs.core.errors import TooLarge
from jobs.core.states import State
from jobs.models import Job, Tenant
from jobs.models.tenant import DEFAULT_TENANT
from stock.models import Problem
from stock.services import price_list
from stock.tasks import submit_import

MOST_SHOWN = 20


class Command(BaseCommand):
    help = "Import a CSV or XLSX price list by a job of the workers, and wait for it. Exit code 1 where lines were wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", default=DEFAULT_TENANT)
        parser.add_argument("--dry-run", action="store_true", help="Only check it, change nothing.")
        parser.add_argument("--wait", type=float, default=600, help="Seconds; the job goes on when they are over.")

    def handle(self, *args: Any, file: Path, tenant: str, dry_run: bool, wait: float, **options: Any) -> None:
        owner = Tenant.objects.filter(slug=tenant).first()
        if owner is None:
            raise CommandError(f"There is no tenant {tenant!r}.")
        submitted = _submitted(owner, file, dry_run)
        job = waiting.await_end(submitted, wait)
        if job is None:
            raise CommandError(f"Not done yet: job {submitted.pk} goes on.")
        if job.state != State.SUCCEEDED or job.result is None:
            raise CommandError(f"The import is {job.state}: {(job.error or {}).get('message', 'no word')}")
        said = job.result
        self.stdout.write(f"{said['lines']} lines: {said['created']} new, {said['updated']} known, {said['wrong']} wrong.")
        for problem in Problem.objects.filter(upload=job.payload["upload"])[:MOST_SHOWN]:
            self.stdout.write(f"line {problem.line}: {problem.field} {problem.message}")
        if said["wrong"]:
            raise CommandError(f"{said['wrong']} lines were not taken.")


def _submitted(tenant: Tenant, file: Path, dry_run: bool) -> Job:
    try:
        upload = SimpleUploadedFile(file.name, file.read_bytes())
        next(price_list.rows(upload), None)
        upload.seek(0)
        return submit_import(tenant, upload, dry_run=dry_run, costs=True)
    except (OSError, TooLarge, price_list.BadFile) as error:
        raise CommandError(str(error)) from error
