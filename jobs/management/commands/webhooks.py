"""Webhooks at the command line: the same services as the API."""

import json
import uuid
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.models import Tenant, Webhook
from jobs.models.tenant import DEFAULT_TENANT
from jobs.queries import webhooks as queries
from jobs.services import webhooks


class Command(BaseCommand):
    help = "Make, look at and steer webhooks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default=DEFAULT_TENANT)
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        verbs.add_parser("list", help="The endpoints and how they do.")
        create = verbs.add_parser("create", help="A new endpoint; prints its secret, this once.")
        create.add_argument("url")
        create.add_argument("patterns", nargs="+", help="Like job.dead or 'stock.**'")
        create.add_argument("--description", default="")
        create.add_argument("--ordered", action="store_true", help="One delivery at a time, in order.")
        rotate = _of_one(verbs, "rotate", "A new secret; prints it, this once.")
        rotate.add_argument("--overlap-hours", type=float, default=24, help="For so long the old secret signs too.")
        _of_one(verbs, "pause", "Send nothing until it is resumed.").add_argument("--why", default="")
        resume = _of_one(verbs, "resume", "Send again, first what was kept meanwhile.")
        resume.add_argument("--skip", action="store_true", help="What was kept is not sent.")
        _of_one(verbs, "test", "Send a test event to it.")
        _of_one(verbs, "remove", "Delete it and its log.")
        listed = verbs.add_parser("deliveries", help="The newest deliveries.")
        _range(listed)
        listed.add_argument("--status", default="")
        listed.add_argument("--limit", type=int, default=20)
        verbs.add_parser("delivery", help="One delivery with every try.").add_argument("number", type=int)
        verbs.add_parser("redeliver", help="Send one again.").add_argument("number", type=int)
        failed = verbs.add_parser("redeliver-failed", help="Send again what failed; counts only, without --yes.")
        _range(failed)
        failed.add_argument("--yes", action="store_true")

    def handle(self, *args: Any, verb: str, tenant: str, **options: Any) -> None:
        self.console = Console(file=cast(IO[str], self.stdout), width=140)
        owner = Tenant.objects.filter(slug=tenant).first()
        if owner is None:
            raise CommandError(f"There is no tenant {tenant!r}.")
        try:
            getattr(self, f"_{verb.replace('-', '_')}")(owner, options)
        except ConveyorError as error:
            raise CommandError(error.detail) from error

    def _list(self, tenant: Tenant, options: dict[str, Any]) -> None:
        table = Table("id", "url", "events", "status", "breaker", "failed lately", "pending")
        rows = list(queries.all_of(tenant))
        healths = queries.healths(rows)
        for webhook in rows:
            health = healths[webhook.pk]
            events = "callbacks" if webhook.callback else " ".join(webhook.patterns)
            counts = (f"{health.failed} of {health.failed + health.succeeded}", str(health.pending))
            table.add_row(str(webhook.pk), webhook.url, events, webhook.state, health.breaker, *counts)
        self.console.print(table)

    def _create(self, tenant: Tenant, options: dict[str, Any]) -> None:
        fields = {name: options[name] for name in ("url", "patterns", "description", "ordered")}
        webhook, secret = webhooks.create(tenant, **fields)
        self.stdout.write(f"{webhook.pk}\n{secret}")

    def _rotate(self, tenant: Tenant, options: dict[str, Any]) -> None:
        self.stdout.write(webhooks.rotate(self._one(tenant, options), timedelta(hours=options["overlap_hours"])))

    def _pause(self, tenant: Tenant, options: dict[str, Any]) -> None:
        self.stdout.write(webhooks.pause(self._one(tenant, options), options["why"]).state)

    def _resume(self, tenant: Tenant, options: dict[str, Any]) -> None:
        self.stdout.write(webhooks.resume(self._one(tenant, options), options["skip"]).state)

    def _test(self, tenant: Tenant, options: dict[str, Any]) -> None:
        self.stdout.write(f"delivery {webhooks.test(self._one(tenant, options)).pk}")

    def _remove(self, tenant: Tenant, options: dict[str, Any]) -> None:
        webhooks.remove(self._one(tenant, options))
        self.stdout.write("removed")

    def _deliveries(self, tenant: Tenant, options: dict[str, Any]) -> None:
        rows = queries.deliveries(tenant, status=options["status"], **_chosen(options))
        found, _ = queries.page_of_deliveries(rows, None, options["limit"])
        table = Table("number", "event", "status", "tries", "made", "to")
        for row in found:
            table.add_row(str(row.pk), row.name, row.state, str(row.tries), f"{row.created_at:%Y-%m-%d %H:%M:%S}", row.to)
        self.console.print(table if found else "No deliveries.")

    def _delivery(self, tenant: Tenant, options: dict[str, Any]) -> None:
        row = queries.delivery(tenant, options["number"])
        self.console.print(f"{row.message_id}\n{row.name} to {row.to}: {row.state}\n{json.dumps(json.loads(row.body), indent=2)}")
        for attempt in row.attempts.all():
            self.console.print(f"{attempt.at:%Y-%m-%d %H:%M:%S}  {attempt.milliseconds} ms  {attempt}  {attempt.response_body[:200]}")

    def _redeliver(self, tenant: Tenant, options: dict[str, Any]) -> None:
        self.stdout.write(webhooks.redeliver(queries.delivery(tenant, options["number"])).state)

    def _redeliver_failed(self, tenant: Tenant, options: dict[str, Any]) -> None:
        rows = queries.failed(tenant, **_chosen(options))
        if options["yes"]:
            self.stdout.write(f"{webhooks.redeliver_failed(rows)} sent again, {rows.count()} left")
        else:
            self.stdout.write(f"{rows.count()} would be sent again; say --yes")

    def _one(self, tenant: Tenant, options: dict[str, Any]) -> Webhook:
        return queries.get(tenant, options["id"])


def _of_one(verbs: Any, verb: str, words: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(verb, help=words)
    parser.add_argument("id", type=uuid.UUID)
    return parser


def _range(parser: ArgumentParser) -> None:
    parser.add_argument("--webhook", type=uuid.UUID)
    parser.add_argument("--event", default="", help="A name.")
    for name in ("since", "until"):
        parser.add_argument(f"--{name}", type=_moment, help="Like 2026-01-31T12:00+00:00")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.astimezone()


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("webhook", "event", "since", "until")}
