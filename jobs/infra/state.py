"""The hot state of a job: what Redis knows of it while it is in flight, and shortly after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from jobs.core.gates import Rules
from jobs.core.job_type import USUAL
from jobs.core.message import Message
from jobs.core.positions import padded
from jobs.core.states import State
from jobs.infra import gates
from jobs.infra.broker import DEAD_LETTER, HOT_AFTER_END, HOT_FOR, milliseconds, now_ms, ready_key
from jobs.infra.redis import client, hot_key, journal_key
from jobs.infra.scripts import Call, call_many, script

RESCUES = 3


@dataclass(frozen=True, slots=True)
class Hot:
    state: State
    turn: int
    attempt: int
    position: str
    fields: dict[str, str]

    def json(self, name: str) -> Any:
        return orjson.loads(self.fields[name]) if self.fields.get(name) else None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a worker shows to claim a job: the message that it holds."""

    id: str
    tenant: str
    turn: int
    attempt: int
    redelivered: bool
    worker: str
    gates: tuple[str, ...] = ()
    # With gates: the next turn's message, in case one of them is shut.
    held: str = ""
    priority: int = USUAL


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it run? `word` is go, lost, repair or drop; or stale, when other rules were read than are in force."""

    word: str
    detail: str
    attempt: int = 0
    due_ms: int = 0
    rescued: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """How an attempt ended, for the journal and the hot state. `event` and `data` are the journal's."""

    id: str
    tenant: str
    claim: str
    event: str
    state: State
    data: dict[str, Any]
    fields: dict[str, Any]
    following: Message | None = None
    letter: str = ""
    type: str = ""
    request_id: str = ""
    trace: str = ""


def read(job_ids: Sequence[str]) -> dict[str, Hot]:
    """The hot states that Redis has, by job id."""
    with client().pipeline(transaction=False) as pipe:
        for job_id in job_ids:
            pipe.hgetall(hot_key(job_id))
        answers = pipe.execute()
    return {job_id: _hot(fields) for job_id, fields in zip(job_ids, answers, strict=True) if fields.get("state")}


def _hot(fields: dict[str, str]) -> Hot:
    position = padded(fields.get("position", "0-0"))
    return Hot(State(fields["state"]), int(fields.get("turn", 1)), int(fields.get("attempt", 0)), position, fields)


def claim(tickets: Callable[[Rules], Sequence[Ticket]]) -> list[Verdict]:
    """Take the jobs for running them; one round trip, a verdict for each. The tickets are made for the rules in force."""
    rules = gates.rules()
    verdicts = [_verdict(answer) for answer in call_many("claim", [_claiming(ticket, rules) for ticket in tickets(rules)])]
    while stale := [at for at, verdict in enumerate(verdicts) if verdict.word == "stale"]:
        rules = gates.rules(anew=True)
        made = tickets(rules)
        answers = call_many("claim", [_claiming(made[at], rules) for at in stale])
        for at, answer in zip(stale, answers, strict=True):
            verdicts[at] = _verdict(answer)
    return verdicts


def _claiming(ticket: Ticket, rules: Rules) -> Call:
    args: list[Any] = [ticket.id, ticket.tenant, ticket.turn, ticket.attempt, "1" if ticket.redelivered else "0", ticket.worker]
    args += [now_ms(), milliseconds(HOT_FOR), RESCUES, rules.version, "\n".join(ticket.gates)]
    return [hot_key(ticket.id), journal_key()], [*args, ticket.held, ticket.priority] if ticket.gates else args


def _verdict(answer: list[Any]) -> Verdict:
    word, *rest = answer
    if word == "stale":
        return Verdict(word, "")
    if word == "repair":
        return Verdict(word, rest[0], int(rest[1]), int(rest[2]))
    return Verdict(word, str(rest[0]), rescued=rest[1:] == [1])


def report(reports: Sequence[Report]) -> list[bool]:
    """Say how attempts ended; one round trip. False for an attempt that is no longer the one that counts."""
    return [bool(position) for position in call_many("report", [_reporting(report) for report in reports])]


def _reporting(report: Report) -> Call:
    following = report.following
    ttl = HOT_AFTER_END if report.state.ended else HOT_FOR
    args: list[Any] = [report.id, report.tenant, report.claim, report.event, report.state.value]
    args += [orjson.dumps(report.data), milliseconds(ttl)]
    if following and following.due:
        args += [following.turn, following.attempt, milliseconds(following.due)]
    else:
        args += ["", "", ""]
    args += [report.letter, report.trace]
    for name, value in report.fields.items():
        args += [name, orjson.dumps(value)]
    return [hot_key(report.id), journal_key(), ready_key(DEAD_LETTER, 10)], args


def progress(job_id: str, tenant: str, claim: str, done: dict[str, Any]) -> str:
    """Tell how far a running job is; answers "", "cancel" or "lost"."""
    data = {"progress": done, "at": now_ms()}
    args: list[Any] = [job_id, tenant, claim, orjson.dumps(done), orjson.dumps(data), milliseconds(HOT_FOR)]
    return str(script("progress")(keys=[hot_key(job_id), journal_key()], args=args))


def cancel(job_id: str, tenant: str, turn: int) -> str:
    """Ask a job to stop; answers "cancelled", "requested" or the state in which it had ended."""
    return cancel_many([(job_id, tenant, turn)])[0]


def cancel_many(jobs: Sequence[tuple[str, str, int]], *, running: bool = True) -> list[str]:
    """Ask jobs (id, tenant, turn) to stop, in one round trip; those that run only if `running`, else "running" is answered."""
    more: list[Any] = [now_ms(), milliseconds(HOT_FOR), "" if running else "waiting"]
    calls: list[Call] = [([hot_key(id), journal_key()], [id, tenant, turn, *more]) for id, tenant, turn in jobs]
    return [str(answer) for answer in call_many("cancel", calls)] if calls else []
