"""The platform as a Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from jobs.core.roles import WEBHOOKS
from jobs.infra.tracing import traces
from jobs.web.links import Link


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"
    site_links = (
        Link("jobs", "My jobs", "What you asked for, how far it is, and how it ended."),
        Link("webhooks", "Webhooks", "Events for servers of yours: endpoints, their secrets, and what was sent.", frozenset({WEBHOOKS})),
    )

    def ready(self) -> None:
        from jobs.subscribers import people  # noqa: F401 - hears Django's signals

        autodiscover_modules("tasks")
        traces().listen()
