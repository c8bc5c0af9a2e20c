"""`manage.py autoscale`: pools follow the need, within limits; `--dry-run` says what it would do and why."""

import os
import socket
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import IO, Any, cast

import redis
import structlog
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from jobs.core.scaling import Change, Limits, Need
from jobs.infra import alive
from jobs.queries import activity, scaling
from jobs.services.autoscaling import Autoscaler, Pool

log = structlog.get_logger(__name__)
ME = f"{socket.gethostname()}:{os.getpid()}"


class Command(BaseCommand):
    help = "Let the workers' pools follow what the queues need (Little's law), with a forecast from the same hour of past days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--target-wait", type=float, default=scaling.TARGET_WAIT.total_seconds(), help="Seconds in which a backlog is cleared."
        )
        parser.add_argument("--min", type=int, default=1, dest="least", help="The least processes or threads of a worker.")
        parser.add_argument("--max", type=int, default=8, dest="most", help="The most.")
        parser.add_argument("--cooldown", type=float, default=120, help="Seconds of lower need before a pool shrinks.")
        parser.add_argument("--every", type=float, default=15, help="Seconds between two looks.")
        parser.add_argument("--once", action="store_true")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and why; do nothing.")

    def handle(self, *args: Any, least: int, most: int, **options: Any) -> None:
        if not 1 <= least <= most:
            raise CommandError("It must be: 1 <= --min <= --max.")
        if options["target_wait"] <= 0:
            raise CommandError("--target-wait must be above 0 seconds.")
        scaler = Autoscaler(Limits(least, most), timedelta(seconds=options["cooldown"]))
        while True:
            self._look(scaler, timedelta(seconds=options["target_wait"]), options["every"], options["dry_run"])
            if options["once"]:
                return
            time.sleep(options["every"])

    def _look(self, scaler: Autoscaler, target_wait: timedelta, every: float, dry: bool) -> None:
        try:
            if not dry and not alive.leads("autoscaler", ME, timedelta(seconds=3 * every)):
                self.stdout.write("Another autoscaler is at work; this one stands by.")
                return
            needs = scaling.needs(target_wait)
            changes = scaler.decide(_pools(), needs, timezone.now())
            self._explain(needs, changes, dry)
            if not dry:
                scaler.apply(changes)
        except (redis.RedisError, Error) as error:
            log.warning("autoscale.waiting", why=str(error))
            close_old_connections()

    def _explain(self, needs: list[Need], changes: list[Change], dry: bool) -> None:
        table = Table("what", "slots", "do", "because", title="A dry run: nothing is done." if dry else None)
        for need in needs:
            table.add_row(f"queue {need.queue}", str(need.slots), "", need.because)
        for change in changes:
            table.add_row(change.worker, str(change.slots), f"{change.by:+d}" if change.by else "stay", change.because)
        Console(file=cast(IO[str], self.stdout), width=160).print(table if changes else "No worker is there to scale.")


def _pools() -> list[Pool]:
    return [Pool(worker.name, worker.about.get("processes", 1), tuple(worker.queues)) for worker in activity.workers()]
