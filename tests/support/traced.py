"""Processes that know the job types for tests too: an ASGI application, and `python -m tests.support.traced recorder|click`."""

import sys

import django

from config.celery import app  # noqa: F401 - tasks are published with it

django.setup()

from django.core.management import call_command  # noqa: E402
from opentelemetry import trace  # noqa: E402

from config.asgi import application  # noqa: E402
from tests.support import sample_jobs  # noqa: E402

__all__ = ["application"]


def click() -> None:
    """A job is submitted, and an ordinary task published within an application's own span."""
    sample_jobs.double.submit(sample_jobs.Number(number=1))
    with trace.get_tracer("shop").start_as_current_span("a click"):
        sample_jobs.plain.delay(1, 2)


if __name__ == "__main__":
    if sys.argv[1] == "click":
        click()
    else:
        call_command(*sys.argv[1:])
