"""Events at the command line: follow, publish, list the types."""

import json
from argparse import ArgumentParser
from typing import IO, Any, cast

import orjson
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.core.errors import ConveyorError
from jobs.core.event_type import cloud_event, event_types
from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from jobs.queries import events as queries
from jobs.services import events


class Command(BaseCommand):
    help = "Follow, publish and list events."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default=DEFAULT_TENANT)
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        tail = verbs.add_parser("tail", help="Print events as they come, one a line; Ctrl-C stops.")
        tail.add_argument("pattern", nargs="?", default="**", help="Like job.* or stock.**")
        tail.add_argument("--after", help="The id of the last event seen; 0-0 for all that is kept.")
        tail.add_argument("--for", type=float, dest="patience", help="Stop after so many seconds of silence.")
        tail.add_argument("--json", action="store_true", help="Print CloudEvents.")
        publish = verbs.add_parser("publish", help="Publish to a channel of the tenant's own.")
        publish.add_argument("name")
        publish.add_argument("data", nargs="?", default="{}", help="JSON.")
        publish.add_argument("--subject", default="")
        verbs.add_parser("types", help="Every declared event.")

    def handle(self, *args: Any, verb: str, tenant: str, **options: Any) -> None:
        owner = Tenant.objects.filter(slug=tenant).first()
        if owner is None:
            raise CommandError(f"There is no tenant {tenant!r}.")
        try:
            getattr(self, f"_{verb}")(owner, **options)
        except ConveyorError as error:
            raise CommandError(error.detail) from error
        except KeyboardInterrupt:
            self.stdout.write("")

    def _tail(self, tenant: Tenant, pattern: str, after: str | None, patience: float | None, **options: Any) -> None:
        for entry in queries.subscribe(pattern, after, tenant, patience):
            at = entry.at.isoformat(timespec="milliseconds")
            if options["json"]:
                line = orjson.dumps(cloud_event(entry.id, entry.name, entry.subject, entry.tenant, at, entry.data)).decode()
            else:
                line = f"{at}  {entry.name:<24} {entry.subject:<38} {orjson.dumps(entry.data).decode()[:200]}"
            self.stdout.write(line)
            self.stdout.flush()

    def _publish(self, tenant: Tenant, name: str, data: str, subject: str, **options: Any) -> None:
        try:
            given = json.loads(data)
        except ValueError as error:
            raise CommandError(f"The data is not JSON: {error}") from None
        if not isinstance(given, dict):
            raise CommandError("The data is a JSON object.")
        events.publish_own(name, given, subject=subject, tenant=tenant)

    def _types(self, tenant: Tenant, **options: Any) -> None:
        table = Table("event", "public", "when")
        for event_type in event_types:
            table.add_row(event_type.name, "yes" if event_type.public else "", event_type.summary)
        Console(file=cast(IO[str], self.stdout)).print(table)
