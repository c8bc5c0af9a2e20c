"""Whatever happens to jobs and in whatever order: never more than a limit allows, each job in one place, and nothing is stuck."""

import uuid
from dataclasses import replace
from datetime import timedelta

import orjson
from django.utils import timezone
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jobs.core.gates import Kind, Rule
from jobs.core.message import Message
from jobs.core.states import State
from jobs.infra import broker, gates, state
from jobs.infra.redis import client, key
from tests.support import sample_jobs  # noqa: F401 - declares the job types

TWO = "slots/sample.two_at_once"
KEYED = "slots/sample.one_for_each_key"
TAGGED = "slots/tagged"
RULES = {
    TAGGED: Rule(TAGGED, Kind.SLOTS, n=3, declared=False, tag="t"),
    "pause/type:sample.*": Rule("pause/type:sample.*", Kind.PAUSE, declared=False, type="sample.*"),
}
TYPES = ["two_at_once", "one_for_each_key", "once", "drops"]
ENDS = {State.SUCCEEDED: "job.succeeded", State.DEAD: "job.dead"}


class Gates(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        client().flushdb()
        self.jobs: dict[str, Message] = {}
        self.running: dict[str, tuple[Message, str]] = {}
        self.ended: set[str] = set()
        self.paused = False
        self._install()

    def _install(self) -> None:
        gates.install({name: rule for name, rule in RULES.items() if rule.kind is not Kind.PAUSE or self.paused}, {})

    @rule(type=st.sampled_from(TYPES), value=st.sampled_from("ab"), tagged=st.booleans(), urgent=st.booleans())
    def publish(self, type: str, value: str, tagged: bool, urgent: bool) -> None:
        job = Message(
            id=str(uuid.UUID(int=len(self.jobs))),
            type=f"sample.{type}",
            queue="default",
            priority=9 if urgent else 5,
            payload={"key": value},
            tenant="default",
            turn=1,
            attempt=1,
            attempts=3,
            timeout=timedelta(minutes=1),
            tags=("t",) if tagged else (),
        )
        self.jobs[job.id] = job
        broker.publish([job])

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def publish_again(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self.jobs)))
        hot = state.read([job])[job]
        broker.publish([replace(self.jobs[job], turn=hot.turn)])

    @precondition(lambda self: self._waiting_to_run())
    @rule(again=st.booleans())
    def claim(self, again: bool) -> None:
        message = self._take()
        gates_of = gates.rules().gates(message.subject())
        held = broker.held(message.following(message.attempt))
        ticket = state.Ticket(message.id, "default", message.turn, message.attempt, again, "w", gates_of, held, message.priority)
        (verdict,) = state.claim(lambda rules: [replace(ticket, gates=rules.gates(message.subject()))])
        if verdict.word == "go":
            self.running[message.id] = message, verdict.detail

    @precondition(lambda self: self.running)
    @rule(data=st.data(), end=st.sampled_from(list(ENDS)))
    def end(self, data: st.DataObject, end: State) -> None:
        job = data.draw(st.sampled_from(sorted(self.running)))
        message, claim = self.running.pop(job)
        state.report([state.Report(job, "default", claim, ENDS[end], end, {"turn": message.turn}, {})])
        self.ended.add(job)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def snooze(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self.running)))
        message, claim = self.running.pop(job)
        following = message.following(message.attempt, timezone.now())
        state.report([state.Report(job, "default", claim, "job.snoozed", State.WAITING, {"turn": message.turn}, {}, following)])
        broker.publish([following])

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def lose_the_worker(self, data: st.DataObject) -> None:
        """Its message comes again and is claimed as rescued: the place stays the job's own."""
        job = data.draw(st.sampled_from(sorted(self.running)))
        message, _ = self.running[job]
        ticket = state.Ticket(job, "default", message.turn, message.attempt, True, "w2", (), broker.held(message.following(1)), 5)
        (verdict,) = state.claim(lambda rules: [replace(ticket, gates=rules.gates(message.subject()))])
        if verdict.word in ("go", "lost"):
            self.running[job] = message, verdict.detail
        else:
            del self.running[job]

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self.jobs)))
        if state.cancel(job, "default", 1) == "cancelled":
            self.ended.add(job)

    @rule()
    def pause_or_resume(self) -> None:
        self.paused = not self.paused
        self._install()

    @rule()
    def tend(self) -> None:
        broker.promote()
        gates.tend()

    # What must be true

    @invariant()
    def never_more_than_a_limit_allows(self) -> None:
        if not getattr(self, "jobs", None):
            return
        two = [m for m, _ in self.running.values() if m.type == "sample.two_at_once"]
        keyed = [m.payload["key"] for m, _ in self.running.values() if m.type == "sample.one_for_each_key"]
        tagged = [m for m, _ in self.running.values() if m.tags]
        assert len([m for m, _ in self.running.values() if m.type == "sample.drops"]) <= 1
        assert len(two) <= 2
        assert len(keyed) == len(set(keyed))
        assert len(tagged) <= 3

    @invariant()
    def each_job_is_in_one_place_at_most(self) -> None:
        if not getattr(self, "jobs", None):
            return
        lines = [job for gate in gates.awaited() for job in client().zrange(key(f"gate:{gate}:line"), 0, -1)]
        assert len(lines) == len(set(lines))
        assert not set(lines) & set(self.running)
        assert not set(lines) & self.ended

    @invariant()
    def one_unique_job_of_a_key_is_open(self) -> None:
        if not getattr(self, "jobs", None):
            return
        hot = state.read(list(self.jobs))
        for value in "ab":
            mine = [job for job, m in self.jobs.items() if m.type == "sample.once" and m.payload["key"] == value]
            assert len([job for job in mine if not hot[job].state.ended]) <= 1

    def teardown(self) -> None:
        """Open everything, let all run: each job ends, and every place is free."""
        if not getattr(self, "jobs", None):
            return
        self.paused = False
        self._install()
        for _ in range(20 * len(self.jobs) + 20):
            broker.promote()
            while self._waiting_to_run():
                self.claim(False)
            if not self.running:
                break
            for job in list(self.running):
                message, claim = self.running.pop(job)
                state.report([state.Report(job, "default", claim, "job.succeeded", State.SUCCEEDED, {"turn": message.turn}, {})])
                self.ended.add(job)
        stuck = {job: hot.fields for job, hot in state.read(list(self.jobs)).items() if not hot.state.ended}
        assert not stuck
        assert [look.held + look.line for look in gates.look(gates.awaited())] == [0] * len(gates.awaited())

    def _waiting_to_run(self) -> int:
        return sum(int(client().llen(name)) for name in broker.ready_keys("default"))

    def _take(self) -> Message:
        text = next(text for name in broker.ready_keys("default") if (text := client().rpop(name)))
        header = orjson.loads(text)["headers"]
        told = header["conveyor"]
        return replace(self.jobs[header["id"]], turn=told["turn"], attempt=told["attempt"])


TestGates = Gates.TestCase
TestGates.settings = limits(max_examples=80, stateful_step_count=40, deadline=None)
