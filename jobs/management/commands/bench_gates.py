"""`manage.py bench_gates fairness|rate|breaker`: what gates promise, measured with real workers. It prints figures; it asserts nothing."""

import os
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.core.gates import usual_burst
from jobs.management.commands.bench import NOTHING, Pool, _processes, _until, _until_working, _worker
from jobs.models import Event, Job, Limit, Tenant
from jobs.services import limits, rules, submission
from jobs.services.submission import Order

RECORDER = [["manage.py", "recorder"]]
CALL = "bench.call"
# A neighbour that answers while a file is there, and takes a moment to say so.
CALLING = '''
import time
from datetime import timedelta
from pathlib import Path
from jobs.declare import JobContext, Payload, dependency, job
dependency("bench-neighbour", failures=5, rest=timedelta(seconds=2))
class Address(Payload):
    path: str
@job("bench.call", needs=("bench-neighbour",))
def call(ctx: JobContext, payload: Address) -> None:
    """Call the neighbour."""
    time.sleep(0.02)
    Path(payload.path).read_text()
'''


class Command(BaseCommand):
    help = "Gates under load: `fairness` between tenants, a `rate` over three workers, a `breaker` before a neighbour that is away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["fairness", "rate", "breaker"])
        parser.add_argument("--jobs", type=int, help="How many: of the noisy neighbour (50,000), or that need the dependency (500).")
        parser.add_argument("--rate", type=int, default=50, help="Starts per second.")
        parser.add_argument("--seconds", type=int, help="How long a rate is watched (20), or the dependency is away (30).")

    def handle(self, *args: Any, what: str, jobs: int | None, rate: int, seconds: int | None, **options: Any) -> None:
        if settings.CONVEYOR_PREFIX == "" and Job.objects.open().exists():
            raise CommandError("There are open jobs here; run the benchmark on an installation of its own.")
        try:
            if what == "fairness":
                self._fairness(jobs or 50_000)
            elif what == "rate":
                self._rate(rate, seconds or 20)
            else:
                self._breaker(jobs or 500, seconds or 30)
        finally:
            _tidy()

    # One tenant floods, another asks for little

    def _fairness(self, jobs: int) -> None:
        for window in (settings.TENANT_WINDOW or 100, 0):
            waits, took = _flooded(jobs, window)
            word = f"on, a window of {window}" if window else "off"
            points = "  ".join(f"{name} {seconds:.2f} s" for name, seconds in _points(waits).items())
            self.stdout.write(f"fairness {word}: {len(waits)} jobs of B beside {jobs:,} of A ({took:.0f} s): submit to start {points}")

    # No more than a rate allows

    def _rate(self, rate: int, seconds: int) -> None:
        tenant = _tenant("bench-rate")
        limits.set_limit("bench-rate", {"rate": rate, "tenant": tenant.slug, "type": NOTHING}, "bench")
        with _processes(_three_workers(), RECORDER):
            _until_working()
            made = submission.submit_many([Order(NOTHING, {"number": n}) for n in range(rate * (seconds + 2))], tenant)
            ids = [str(one.job.pk) for one in made]
            _until(lambda: Event.objects.filter(name="job.started", subject__in=ids).count() == len(ids))
        moments = _moments("job.started", ids)
        span = bisect_left(moments, moments[0] + seconds * 1000)
        burst = usual_burst(rate)
        self.stdout.write(
            f"rate {rate}/s, burst {burst}, three workers, {seconds} s: at most {_most_within(moments, 1000)} starts in any second"
            f" (allowed: rate + burst = {rate + burst}), {span} of {rate * seconds} used = {span / (rate * seconds):.1%}"
        )

    # A neighbour that is away

    def _breaker(self, jobs: int, seconds: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            there = Path(folder) / "there"
            (Path(folder) / "bench_calls.py").write_text(CALLING)
            sys.path.insert(0, folder)
            __import__("bench_calls")
            workers = [[*command, "--include", "bench_calls"] for command in _three_workers()]
            with _processes(workers, RECORDER, path=folder):
                _until_working()
                ids = [str(one.job.pk) for one in submission.submit_many([Order(CALL, {"path": str(there)}) for _ in range(jobs)])]
                time.sleep(seconds)
                there.write_text("here")
                back = time.time()
                _until(lambda: not Job.objects.filter(pk__in=ids, finished_at=None).exists())
                took = time.time() - back
        succeeded = Job.objects.filter(pk__in=ids, state="succeeded").count()
        opened = _moments("breaker.opened", ["breaker/bench-neighbour"])[0]
        burnt = Event.objects.filter(name="job.retrying", subject__in=ids)
        late = [failed for failed in burnt if _began(failed) > opened]
        canaries, together = _canaries(ids, opened, int(back * 1000))
        self.stdout.write(
            f"breaker, {jobs} jobs, away for {seconds} s: {len(burnt)} attempts burnt by opening it, {len(late)} of those that began later;"
            f" {canaries} tries by canaries, at most {together} at once; {succeeded} succeeded, {took:.1f} s after it was back"
        )


def _flooded(jobs: int, window: int) -> tuple[list[float], float]:
    """How long B's jobs waited, in seconds, and how long A's flood took."""
    settings.TENANT_WINDOW = window
    os.environ["TENANT_WINDOW"] = str(window)
    noisy, quiet = _tenant("bench-a"), _tenant("bench-b")
    rules.restore()
    for at in range(0, jobs, 2500):
        submission.submit_many([Order(NOTHING, {"number": n}) for n in range(at, min(jobs, at + 2500))], noisy)
    waiting = Job.objects.filter(tenant=noisy, finished_at=None)
    mine: list[Any] = []
    with _processes(_worker(Pool("prefork", ("--pool", "prefork", "-c", "2"))), RECORDER):
        _until(lambda: Job.objects.filter(tenant=noisy).exclude(started_at=None).exists())
        began = time.monotonic()
        while waiting.exists():
            mine.append(submission.submit(Order(NOTHING, {}), quiet).job.pk)
            time.sleep(max(0.0, began + len(mine) - time.monotonic()))
        took = time.monotonic() - began
        _until(lambda: not Job.objects.filter(pk__in=mine, finished_at=None).exists())
    moments = Job.objects.filter(pk__in=mine).values_list("submitted_at", "started_at")
    waits = sorted((started - submitted).total_seconds() for submitted, started in moments if started)
    Job.objects.filter(tenant__in=[noisy, quiet]).delete()
    return waits, took


def _points(sorted_values: Sequence[float]) -> dict[str, float]:
    last = len(sorted_values) - 1
    return {f"p{share}": sorted_values[min(last, len(sorted_values) * share // 100)] for share in (50, 95, 99)}


def _moments(name: str, subjects: Sequence[str]) -> list[int]:
    """When these entries were written, in ms by Redis' clock."""
    rows = Event.objects.filter(name=name, subject__in=subjects).values_list("position", flat=True)
    return sorted(int(position.partition("-")[0]) for position in rows)


def _began(failed: Event) -> int:
    """When the attempt that failed began."""
    started = Event.objects.get(name="job.started", subject=failed.subject, data__turn=failed.data["turn"])
    return int(started.position.partition("-")[0])


def _most_within(moments: Sequence[int], span: int) -> int:
    return max(bisect_left(moments, first + span) - at for at, first in enumerate(moments))


def _canaries(ids: Sequence[str], opened: int, back: int) -> tuple[int, int]:
    """How many attempts began while the breaker was open, and how many of them ran at one moment at most."""
    began, ended = _moments("job.started", ids), _moments("job.snoozed", ids)
    tries = [moment for moment in began if opened < moment < back]
    steps = sorted([(moment, 1) for moment in tries] + [(moment, -1) for moment in ended if tries and moment > tries[0]])
    at_once = most = 0
    for _, step in steps:
        at_once = max(0, at_once + step)
        most = max(most, at_once)
    return len(tries), most


def _three_workers() -> list[list[str]]:
    return _worker(Pool("solo", ("--pool", "solo"), 3))


def _tenant(slug: str) -> Tenant:
    return Tenant.objects.get_or_create(slug=slug, defaults={"name": slug})[0]


def _tidy() -> None:
    mine = Job.objects.filter(tenant__slug__startswith="bench-") | Job.objects.filter(type__in=[NOTHING, CALL])
    mine.delete()
    Tenant.objects.filter(slug__startswith="bench-").delete()
    Limit.objects.filter(name="bench-rate").delete()
    rules.restore()
