"""Searching jobs by words: on the page, through the API, at the command line."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.core.errors import InvalidFilter, NotAllowed
from jobs.core.roles import Role
from jobs.core.states import State
from jobs.infra.redis import client
from jobs.models import Job, SavedView, Tenant
from jobs.queries import search
from jobs.services import tenants
from tests.support.people import person, signed_in


@pytest.fixture
def jobs(transactional_db: None) -> dict[str, Job]:
    client().flushdb()
    default, _ = Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    other = Tenant.objects.create(slug="other", name="Other")
    now = timezone.now()
    ada = person("ada")

    def job(tenant: Tenant, type: str, state: State, minutes: int = 0, **values: Any) -> Job:
        return Job.objects.create(
            tenant=tenant, type=type, queue="default", state=state, submitted_at=now - timedelta(minutes=minutes), **values
        )

    dead = job(
        default, "stock.import", State.DEAD, 90, error={"type": "ValueError", "message": "no"}, failure="abc", worker="w1@host", attempt=3
    )
    return {
        "dead": dead,
        "retry": job(default, "stock.import", State.SUBMITTED, replay_of=dead, tags=["nightly"], submitted_by=ada),
        "sku": job(default, "stock.reserve", State.SUCCEEDED, payload={"sku": "A-1", "lines": [{"sku": "B-2", "units": 3}], "count": 7}),
        "slow": job(default, "demo.greet", State.SUCCEEDED, started_at=now - timedelta(minutes=2), finished_at=now, priority=9),
        "other": job(other, "demo.greet", State.QUEUED, key="upload 77"),
    }


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("", "dead retry sku slow other"),
        ("type:stock.*", "dead retry sku"),
        ("greet", "slow other"),
        ("type:nothing.*", ""),
        ("status:dead,succeeded", "dead sku slow"),
        ("status:open", "retry other"),
        ("-status:open -type:stock.reserve", "dead slow"),
        ("tenant:other", "other"),
        ("worker:*@host", "dead"),
        ("tag:nightly", "retry"),
        ("-tag:nightly type:stock.import", "dead"),
        ('key:"upload 77"', "other"),
        ("age:>1h", "dead"),
        ("age:<1h type:stock.*", "retry sku"),
        ("took:>60s", "slow"),
        ("priority:>=9", "slow"),
        ("attempt:3", "dead"),
        ("error:Value*", "dead"),
        ("failure:abc", "dead"),
        ("by:ada", "retry"),
        ("data.sku:A-1", "sku"),
        ("data.count:7", "sku"),
        ("data.lines[].sku:B-2 data.lines[].units:3", "sku"),
        ("data.sku:A-2", ""),
        ("-data.sku:A-1 type:stock.reserve", ""),
    ],
)
def test_words_describe_jobs(jobs: dict[str, Job], q: str, names: str) -> None:
    found = set(search.search(q).values_list("pk", flat=True))
    assert found == {jobs[name].pk for name in names.split()}


def test_an_id_is_the_job_and_of_its_retries(jobs: dict[str, Job]) -> None:
    dead = jobs["dead"].pk
    assert search.search(str(dead)).get() == jobs["dead"]
    assert search.search(f"of:{dead}").get() == jobs["retry"]


def test_a_tenant_finds_its_own_alone(jobs: dict[str, Job]) -> None:
    other = jobs["other"].tenant
    assert search.search("tenant:default", other).count() == 0
    assert search.search("", other).get() == jobs["other"]


def test_a_count_is_an_estimate_beyond_a_bound(jobs: dict[str, Job], monkeypatch: pytest.MonkeyPatch) -> None:
    assert search.count(search.search("status:dead")) == search.Count(1)
    monkeypatch.setattr(search, "COUNTED", 2)
    estimate = search.count(search.search(""))
    assert not estimate.exact
    assert estimate.number >= 2


def test_a_search_that_takes_too_long_is_refused_and_the_connection_goes_on(jobs: dict[str, Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LONGEST_MS", 20)
    with pytest.raises(InvalidFilter, match="Narrow it"), search.bounded(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(10)")
    assert Job.objects.count() == 5


def test_completion_offers_qualifiers_then_their_values(jobs: dict[str, Job]) -> None:
    at, offers = search.complete("status:dead ty")
    assert (at, [offer.text for offer in offers]) == (12, ["type:"])
    assert [offer.text for offer in search.complete("type:demo.g")[1]] == ["demo.greet "]
    assert [offer.text for offer in search.complete("status:dead,su")[1]] == ["submitted ", "succeeded "]
    assert "<1h " in [offer.text for offer in search.complete("age:")[1]]
    assert search.complete("data.sku:")[1] == []


def test_the_page_searches_chooses_columns_and_pages(jobs: dict[str, Job]) -> None:
    operator = signed_in("olga", Role.OPERATOR)
    page = operator.get("/ops/jobs/", {"q": "type:stock.*", "columns": ["tags"]}).content.decode()
    assert "3 jobs" in page
    assert "nightly" in page
    assert str(jobs["slow"].pk) not in page
    tenant = jobs["dead"].tenant
    Job.objects.bulk_create([Job(tenant=tenant, type="x.y", queue="default") for _ in range(60)])
    page = operator.get("/ops/jobs/?q=x.y").content.decode()
    assert "60 jobs" in page
    assert "after=" in page
    assert "Nothing matches" in operator.get("/ops/jobs/?q=type:none").content.decode()
    wrong = operator.get("/ops/jobs/?q=stats:dead")
    assert (wrong.status_code, "Did you mean status?" in wrong.content.decode()) == (422, True)
    assert operator.get("/ops/jobs/?after=yesterday").status_code == 404
    assert operator.get("/ops/jobs/complete?q=sta").json()["offers"][0]["text"] == "status:"


def test_the_page_asks_the_same_number_of_questions_however_much_it_shows(jobs: dict[str, Job]) -> None:
    operator = signed_in("olga", Role.OPERATOR)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert operator.get("/ops/jobs/?q=age:<1d").status_code == 200
        return len(queries)

    before = asked()
    Job.objects.bulk_create([Job(tenant=jobs["dead"].tenant, type="x.y", queue="default") for _ in range(100)])
    assert asked() == before


def test_viewers_can_not_search_in_what_jobs_carry(jobs: dict[str, Job]) -> None:
    viewer = signed_in("vera", Role.VIEWER)
    assert viewer.get("/ops/jobs/?q=data.sku:A-1").status_code == 422
    assert viewer.get("/api/jobs?q=data.sku:A-1").status_code == 403
    assert viewer.get("/ops/jobs/complete?q=da").json()["offers"] == []
    with pytest.raises(NotAllowed):
        search.search("-data.sku:A-1", opens=False)


def test_views_are_kept_shared_and_forgotten(jobs: dict[str, Job]) -> None:
    olga, otto, vera = signed_in("olga", Role.OPERATOR), signed_in("otto", Role.OPERATOR), signed_in("vera", Role.VIEWER)
    for name, shared in (("Mine", ""), ("Ours", "on")):
        olga.post("/ops/jobs/views", {"name": name, "q": "status:dead", "columns": ["queue"], "shared": shared})
    vera.post("/ops/jobs/views", {"name": "Not for all", "q": "", "shared": "on"})
    page = otto.get("/ops/jobs/").content.decode()
    assert "Ours" in page
    assert "Mine" not in page
    assert "Not for all" not in page
    number = SavedView.objects.get(name="Ours").pk
    assert "no such view of yours" in otto.post(f"/ops/jobs/views/{number}", follow=True).content.decode()
    olga.post(f"/ops/jobs/views/{number}")
    assert "Ours" not in otto.get("/ops/jobs/").content.decode()
    assert "no qualifier" in olga.post("/ops/jobs/views", {"name": "x", "q": "stats:1"}, follow=True).content.decode()
    assert "Give the view a name" in olga.post("/ops/jobs/views", {"name": " ", "q": ""}, follow=True).content.decode()


def test_the_api_and_the_command_line_take_the_same_words(jobs: dict[str, Job]) -> None:
    secret = tenants.create_key(jobs["dead"].tenant, "reader", ["read"])[1]
    api = Client(headers={"authorization": f"Bearer {secret}"})
    q = "type:stock.* -status:open data.lines[].sku:B-2"
    assert [job["id"] for job in api.get("/api/jobs", {"q": q}).json()["items"]] == [str(jobs["sku"].pk)]
    refused = api.get("/api/jobs", {"q": "status:deda"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_filter")
    assert "Did you mean dead?" in refused.json()["fields"]["q"]
    out = StringIO()
    call_command("jobs", "--json", "list", "--q", q, stdout=out)
    assert [job["id"] for job in json.loads(out.getvalue())] == [str(jobs["sku"].pk)]
    with pytest.raises(CommandError, match="Did you mean dead"):
        call_command("jobs", "list", "--q", "status:deda")
