"""`manage.py alive beat`: has such a process given a sign of life lately? For health checks of containers."""

import sys
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandParser

from jobs.infra import alive


class Command(BaseCommand):
    help = "Exits with 0 when a process of that role gave a sign of life within the last 15 seconds, else with 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=alive.ROLES)

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        try:
            names = alive.lately(role)
        except redis.RedisError as error:
            sys.exit(f"Redis can't be asked: {error}")
        if not names:
            sys.exit(f"No {role} has given a sign of life in the last {alive.LATELY.seconds} seconds.")
        self.stdout.write("\n".join(names))
