"""Jobs at the command line: the same services and queries as the API. Tables for people, `--json` for scripts."""

import getpass
import json
import time
import uuid
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from ninja.responses import NinjaJSONEncoder
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from jobs.api.schemas import event_out, job_out, line_out
from jobs.core.actor import acting
from jobs.core.errors import ConveyorError, InvalidInput
from jobs.core.job_type import registry
from jobs.core.states import State
from jobs.models import Job, Tenant
from jobs.models.tenant import DEFAULT_TENANT
from jobs.queries import dead_letters as letter_queries
from jobs.queries import jobs as queries
from jobs.services import dead_letters, steering, submission

GLANCE = 0.2


class Command(BaseCommand):
    help = "Submit, look at and steer jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default=DEFAULT_TENANT)
        parser.add_argument("--json", action="store_true", help="Print JSON.")
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        submit = verbs.add_parser("submit", help="Submit a job.")
        submit.add_argument("type")
        submit.add_argument("data", nargs="?", default="{}", help="The payload as JSON.")
        submit.add_argument("--key", help="Idempotency key.")
        submit.add_argument("--priority", type=int)
        submit.add_argument("--tag", action="append", default=[])
        submit.add_argument("--wait", action="store_true", help="Watch it to its end.")
        listed = verbs.add_parser("list", help="The newest jobs.")
        for name in ("status", "type", "queue", "tag", "q"):
            listed.add_argument(f"--{name}", default="")
        listed.add_argument("--limit", type=int, default=20)
        for verb, words in (
            ("show", "One job with its timeline."),
            ("watch", "Follow a job to its end; exit code 1 unless it succeeds."),
            ("cancel", "Ask a job to stop."),
            ("retry", "Submit a dead or cancelled job again."),
            ("logs", "What its attempts have logged."),
        ):
            verbs.add_parser(verb, help=words).add_argument("id", type=uuid.UUID)
        replay = verbs.add_parser("replay", help="Submit a dead letter's job again.")
        replay.add_argument("number", type=int)
        replay.add_argument("data", nargs="?", help="Other data, as JSON.")
        dead = verbs.add_parser("dead", help="Dead letters.")
        for name in ("reason", "type", "queue"):
            dead.add_argument(f"--{name}", default="")
        verbs.add_parser("types", help="The job types.")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        self.console = Console(file=cast(IO[str], self.stdout))
        self.as_json = options["json"]
        try:
            with acting(lambda: f"shell {getpass.getuser()}"):
                getattr(self, f"_{verb}")(_tenant(options["tenant"]), options)
        except ConveyorError as error:
            more = "".join(f"\n  {name}: {text}" for name, text in getattr(error, "fields", {}).items())
            raise CommandError(f"{error}{more}") from None

    def _submit(self, tenant: Tenant, options: dict[str, Any]) -> None:
        submission.refuse_internal([options["type"]])
        order = submission.Order(options["type"], _data(options["data"]), options["key"], options["priority"], tags=options["tag"])
        job = submission.submit(order, tenant).job
        if options["wait"]:
            self._follow(tenant, job.pk)
        else:
            self._say(job_out(job), f"{job.pk} submitted")

    def _list(self, tenant: Tenant, options: dict[str, Any]) -> None:
        chosen = {name: options[name] for name in ("status", "type", "queue", "tag", "q")}
        found, _ = queries.page(queries.search(tenant, **chosen), None, options["limit"])
        table = Table("id", "type", "status", "attempt", "submitted")
        for job in queries.freshen(found):
            table.add_row(str(job.pk), job.type, str(job.state), f"{job.attempt}/{job.attempts}", f"{job.submitted_at:%Y-%m-%d %H:%M:%S}")
        self._say([job_out(job) for job in found], table if found else "No jobs.")

    def _show(self, tenant: Tenant, options: dict[str, Any]) -> None:
        job = queries.get(tenant, options["id"])
        events = [event_out(event) for event in queries.timeline(job)]
        table = Table(show_header=False)
        for name, value in job_out(job).items():
            table.add_row(name, _words(value))
        for event in events:
            table.add_row(f"{event['at']:%H:%M:%S.%f}"[:-3], event["name"])
        self._say(job_out(job) | {"timeline": events}, table)

    def _watch(self, tenant: Tenant, options: dict[str, Any]) -> None:
        self._follow(tenant, options["id"])

    def _follow(self, tenant: Tenant, job_id: uuid.UUID) -> None:
        job = queries.get(tenant, job_id)
        with Progress(console=self.console, disable=self.as_json) as bar:
            line = bar.add_task(job.type, total=None)
            while not State(job.state).ended:
                time.sleep(GLANCE)
                job = queries.get(tenant, job_id)
                told = job.progress or {}
                bar.update(line, completed=told.get("done") or 0, total=told.get("total"), description=f"{job.type} {job.state}")
        self._say(job_out(job), f"{job.pk} {job.state}: {_words(job.error['message'] if job.error else job.result)}")
        if job.state != State.SUCCEEDED:
            raise SystemExit(1)

    def _cancel(self, tenant: Tenant, options: dict[str, Any]) -> None:
        answer = steering.cancel_job(queries.get(tenant, options["id"]))
        self._say({"status": answer}, answer)

    def _logs(self, tenant: Tenant, options: dict[str, Any]) -> None:
        job = queries.get(tenant, options["id"])
        found = queries.logs(job, queries.attempts(job))
        lines = [{"turn": turn, **line_out(line)} for turn, logged in found.items() for line in logged]
        table = Table(show_header=False, box=None)
        for line in lines:
            table.add_row(f"{line['at']:%H:%M:%S}", line["level"], line["text"])
        self._say(lines, table if lines else "Nothing is kept.")

    def _retry(self, tenant: Tenant, options: dict[str, Any]) -> None:
        self._made(steering.retry_job(queries.get(tenant, options["id"])))

    def _replay(self, tenant: Tenant, options: dict[str, Any]) -> None:
        data = _data(options["data"]) if options["data"] is not None else None
        self._made(dead_letters.replay(letter_queries.get(tenant, options["number"]), data))

    def _made(self, job: Job) -> None:
        self._say(job_out(job), f"{job.pk} submitted")

    def _dead(self, tenant: Tenant, options: dict[str, Any]) -> None:
        chosen = {name: options[name] for name in ("reason", "type", "queue")}
        found, _ = letter_queries.page(letter_queries.search(tenant, **chosen), None, letter_queries.MOST)
        table = Table("number", "type", "reason", "error", "died", "replayed as")
        for letter in found:
            message = (letter.error or {}).get("message", "")
            died, replayed = f"{letter.died_at:%Y-%m-%d %H:%M}", _words(letter.replayed_as_id)
            table.add_row(str(letter.pk), letter.type, letter.reason, message[:60], died, replayed)
        names = ("id", "type", "reason", "queue", "payload", "error", "died_at", "replayed_as_id")
        self._say([{name: getattr(letter, name) for name in names} for letter in found], table if found else "No dead letters.")

    def _types(self, tenant: Tenant, options: dict[str, Any]) -> None:
        table = Table("type", "queue", "priority", "attempts", "what it does")
        for t in registry:
            table.add_row(t.name, t.queue, str(t.priority), str(t.retry.max_attempts), t.summary)
        self._say([{"name": t.name, "queue": t.queue, "summary": t.summary, "payload": t.payload_schema()} for t in registry], table)

    def _say(self, data: Any, words: Any) -> None:
        if self.as_json:
            self.stdout.write(json.dumps(data, cls=NinjaJSONEncoder))
        else:
            self.console.print(words)


def _tenant(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug!r}.")
    return tenant


def _data(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"The data is no JSON: {error}.") from None
    if not isinstance(data, dict):
        raise InvalidInput('The data must be a JSON object, like {"upload": "..."}.')
    return data


def _words(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, cls=NinjaJSONEncoder)
