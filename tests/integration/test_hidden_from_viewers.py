"""What a job carries is on no page and in no answer that a viewer can get: every address there is, asked one after another."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern

from jobs.core.roles import Role
from jobs.infra.gates import Look
from jobs.models import Bulk, DeadLetter, Failure, Job
from jobs.queries import bulks as bulk_queries
from jobs.queries.standing import describe
from jobs.services import bulks
from jobs.urls import api, urlpatterns
from tests.integration.test_dead_letters import kept
from tests.support import sample_jobs
from tests.support.people import signed_in
from tests.support.sample_jobs import Number

SECRET = 271828182
# They go on for ever, or are a page of another program.
NOT_ASKED = {"job-live", "jobs-live", "ops-pulse", "ops-flower"}
# Beside the addresses of lists and of single things.
SEARCHES = ("ops/jobs/?columns=error&columns=tags", "ops/dead-letters/?type=sample.quote", "jobs/?whose=all", "api/jobs?type=sample.quote")


@pytest.fixture
def job(ended: Callable[..., Job]) -> Job:
    """Dead, with a letter, a failure, logs and an operation on it; another like it waits before a limit by what it was given."""
    made = ended(sample_jobs.quote.submit(Number(number=SECRET)))
    ended(sample_jobs.double.submit(Number(number=SECRET)))
    kept(1)
    bulks.start("retry", "type:sample.quote", bulk_queries.matching("retry", "type:sample.quote", None), by="tests")
    return made


def addresses(job: Job) -> Iterator[str]:
    """Every address that can be looked at, with this job's things in it."""
    letter, failure = DeadLetter.objects.get(job=job), Failure.objects.get(type=job.type)
    words: dict[str, Any] = {"job_id": job.pk, "id": failure.pk, "name": "default", "path": "", "verb": "any"}
    numbers: dict[str, Any] = {"letters": letter.pk, "bulk": Bulk.objects.get().pk}
    for path in [*_site(), *_api()]:
        number = next((number for part, number in numbers.items() if part in path), 1)
        yield _filled(path, words | {"number": number})
    yield from SEARCHES


def _site() -> Iterator[str]:
    for pattern in urlpatterns:
        if isinstance(pattern, URLPattern) and pattern.name not in NOT_ASKED and pattern.name not in ("login", "logout"):
            yield str(pattern.pattern)


def _api() -> Iterator[str]:
    for _, router in api._routers:
        for path, view in router.path_operations.items():
            if any("GET" in operation.methods for operation in view.operations) and path != "/events":
                yield "api" + path.replace("{", "<").replace("}", ">")


def _filled(path: str, words: dict[str, Any]) -> str:
    for part in path.split("<")[1:]:
        inner = part.partition(">")[0]
        path = path.replace(f"<{inner}>", str(words.get(inner.rpartition(":")[2], 1)))
    return path


def test_a_viewer_finds_what_a_job_was_given_nowhere_and_an_operator_does(job: Job) -> None:
    viewer, operator = signed_in("vera", Role.VIEWER), signed_in("olga", Role.OPERATOR)
    asked = sorted(set(addresses(job)))
    seen = {path: viewer.get(f"/{path}") for path in asked}
    assert not [path for path, answer in seen.items() if str(SECRET) in _text(answer)]
    assert sum(answer.status_code == 200 for answer in seen.values()) >= 24
    # The secret is where it belongs: this test can fail.
    opened = [path for path in asked if str(SECRET) in _text(operator.get(f"/{path}"))]
    for part in (f"ops/jobs/{job.pk}/", "ops/failures/", "ops/dead-letters/", f"api/jobs/{job.pk}/timeline", "api/dead-letters"):
        assert any(path.startswith(part) for path in opened), (part, opened)


def _text(answer: Any) -> str:
    return "" if answer.streaming else answer.content.decode(errors="replace")


def test_what_stands_before_a_limit_by_payload_is_told_without_the_value() -> None:
    look = Look(f"slots/sample.quote|{SECRET}", shut=True, opens_at=None, held=1, line=1, place=0, state={})
    assert str(SECRET) in describe(look).detail
    assert str(SECRET) not in describe(look, opens=False).detail
