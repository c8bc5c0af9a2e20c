"""`manage.py jobs ...`, as a person and as a script use it."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from jobs.core.job_type import registry
from jobs.models import Job
from tests.integration.test_dead_letters import kept
from tests.support import sample_jobs
from tests.support.sample_jobs import Nothing


def run(*words: str) -> str:
    out = StringIO()
    call_command("jobs", *words, stdout=out)
    return out.getvalue()


def answer(*words: str) -> Any:
    return json.loads(run("--json", *words))


@pytest.mark.usefixtures("platform")
def test_a_job_is_submitted_watched_and_shown() -> None:
    done = answer("submit", "sample.double", '{"number": 4}', "--tag", "cli", "--wait")
    assert (done["status"], done["result"]) == ("succeeded", 8)
    assert [job["id"] for job in answer("list", "--tag", "cli")] == [done["id"]]
    assert "sample.double" in run("list")
    assert answer("show", done["id"])["data"] == {"number": 4}


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["submit", "sample.duoble"], "Did you mean"),
        (["submit", "sample.double", '{"number": "x"}'], "number"),
        (["submit", "sample.double", "{"], "no JSON"),
        (["submit", "sample.double", "[]"], "JSON object"),
        (["submit", "webhooks.deliver", '{"delivery": 1}'], "can't be given here"),
        (["list", "--status", "lost"], "no status"),
        (["show", "8d1b2a5e-0000-4000-8000-000000000001"], "no job"),
        (["replay", "999999"], "no dead letter"),
        (["--tenant", "nobody", "list"], "no tenant"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(words: list[str], hint: str) -> None:
    with pytest.raises(CommandError, match=hint):
        run(*words)


@pytest.mark.usefixtures("platform")
def test_watching_a_job_that_dies_exits_with_1() -> None:
    with pytest.raises(SystemExit, match="1"):
        run("submit", "sample.give_up", "--wait")


def test_a_dead_letter_is_listed_and_replayed(ended: Callable[[Job], Job]) -> None:
    old = ended(sample_jobs.give_up.submit(Nothing()))
    (letter,) = kept(1)
    assert [row["id"] for row in answer("dead", "--reason", "not_retryable")] == [letter.pk]
    assert answer("replay", str(letter.pk))["replay_of"] == str(old.pk)
    assert answer("retry", str(old.pk))["replay_of"] == str(old.pk)
    assert run("dead", "--type", "nothing.here").strip() == "No dead letters."


def test_the_payload_of_an_internal_type_is_replayed_as_it_is(ended: Callable[[Job], Job], monkeypatch: pytest.MonkeyPatch) -> None:
    ended(sample_jobs.give_up.submit(Nothing()))
    (letter,) = kept(1)
    monkeypatch.setattr(type(registry.get(letter.type)), "internal", True)
    with pytest.raises(CommandError, match="not with another"):
        run("replay", str(letter.pk), '{"by": "somebody else"}')
    assert not Job.objects.filter(replay_of=letter.job).exists()
    run("replay", str(letter.pk))
    assert Job.objects.get(replay_of=letter.job).payload == letter.payload


@pytest.mark.usefixtures("platform")
def test_the_types_are_listed_with_their_schemas() -> None:
    assert "Twice the number." in run("types")
    assert next(t for t in answer("types") if t["name"] == "sample.double")["payload"]["required"] == ["number"]
