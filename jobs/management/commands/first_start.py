"""What a new installation needs to be used: an admin and an API key, told once."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT, Scope
from jobs.services import tenants


class Command(BaseCommand):
    help = "Create an admin and an API key where there is no user yet, and print them once."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model().objects
        if users.exists():
            return
        password = secrets.token_urlsafe(9)
        users.create_superuser("admin", "admin@example.com", password)
        _, secret = tenants.create_key(Tenant.objects.get(slug=DEFAULT_TENANT), "first key", list(Scope.values))
        self.stdout.write(f"\nShown once:\n  admin     admin / {password}\n  API key   {secret}\n")
