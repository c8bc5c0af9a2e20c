"""The whole storm: 80 buyers, 2,000 seats, through a web, a worker of the checkout, one for tickets and mails, a recorder.

Prints what it measured:

.venv/bin/python -m tests.support.servers .venv/bin/python -m tests.performance.seat_storm
"""

import argparse
import os
import tempfile
from pathlib import Path

import django
from rich.console import Console

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CONVEYOR_ENV", "test")
os.environ.setdefault("LOG_LEVEL", "WARNING")


def main() -> int:
    django.setup()
    from django.core.management import call_command

    from jobs.models import Tenant
    from reservations.models import Ticket
    from tests.support import seat_storm
    from tests.support.processes import processes

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seats", type=int, default=2000)
    parser.add_argument("--buyers", type=int, default=80)
    asked = parser.parse_args()
    call_command("migrate", verbosity=0)
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    show, buyers = seat_storm.hall(asked.seats), seat_storm.keys(asked.buyers)
    with tempfile.TemporaryDirectory() as folder, processes(Path(folder)) as farm:
        url = seat_storm.web(farm)
        farm.worker("--queues", "checkout", "-c", "1", name="checkout")
        farm.worker("--queues", "default,bulk", "-c", "1", name="others")
        farm.recorder()
        with seat_storm.watched() as looks:
            told = seat_storm.run(url, show, buyers, patience=600)
    faults = [look for look in (*looks, seat_storm.broken()) if look]
    sold = Ticket.objects.filter(cancelled_at=None).count()
    print_ = Console(width=160).print
    print_(str(told))
    print_(f"{sold} of {asked.seats} seats sold; refused though there was room: {len(told.wrongly)}; broken invariants: {faults or 'none'}")
    return int(bool(faults or told.wrongly or sold != asked.seats))


if __name__ == "__main__":
    raise SystemExit(main())
