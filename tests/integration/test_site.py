"""The pages of the site, as a browser without JavaScript has them."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from jobs.core.states import State
from jobs.infra import journal
from jobs.infra.feed import Interest, feed
from jobs.models import Event, Job, Tenant
from jobs.queries import jobs as queries
from jobs.services import lifecycle, submission
from jobs.services.submission import Order
from jobs.web import listing, live
from jobs.web.listing import Chosen
from stock.models import Product

HEADER = b"sku,name,price,quantity,location\n"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR = tmp_path


@pytest.fixture
def user(platform: None) -> Any:
    """A clerk: the pages of an application ask for a role."""
    made = get_user_model().objects.create_user("ada", password="a long pass phrase")
    made.groups.add(Group.objects.get_or_create(name="clerk")[0])
    return made


@pytest.fixture
def site(user: Any) -> Iterator[Client]:
    client = Client()
    client.force_login(user)
    return client


def submit(user: Any, type: str = "sample.double", tenant: Tenant | None = None, **data: Any) -> Job:
    return submission.submit(Order(type, data or ({"number": 1} if type == "sample.double" else {})), tenant, submitted_by=user).job


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


@pytest.mark.parametrize("page", ["jobs", "products", "import"])
def test_a_stranger_is_asked_to_sign_in_and_comes_back(user: Any, page: str) -> None:
    client, address = Client(), reverse(page)
    assert client.get(address)["Location"] == f"/login/?next={address}"
    signed_in = client.post("/login/", {"username": "ada", "password": "a long pass phrase", "next": address})
    assert signed_in["Location"] == address
    assert client.get(address).status_code == 200


def test_a_wrong_password_is_said(user: Any) -> None:
    assert "correct username and password" in text(Client().post("/login/", {"username": "ada", "password": "no"}))


def test_the_front_page_says_what_this_is_and_leads_on(site: Client) -> None:
    page = text(site.get("/"))
    for name in ("jobs", "desk", "api:openapi-view"):
        assert reverse(name) in page
    assert text(Client().get("/")).count(reverse("login")) > 1
    assert site.post("/logout/")["Location"] == "/"


def test_an_uploaded_list_becomes_a_job_of_the_user_and_then_products(site: Client, user: Any, ended: Callable[..., Job]) -> None:
    lines = b"A-1,Bolt,1.50,5,North\nA-2,,1,1,North\n"
    answer = site.post("/stock/import/", {"file": SimpleUploadedFile("list.csv", HEADER + lines)})
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"], job.submitted_by) == (302, f"/jobs/{job.pk}/", user)
    assert 'http-equiv="refresh"' in text(site.get(answer["Location"]))
    job = ended(job)
    page = text(site.get(answer["Location"]))
    problems = reverse("api:problems", args=[job.payload["upload"]])
    assert problems in page
    assert "refresh" not in page
    assert 'role="progressbar"' in page
    assert site.get(problems).status_code == 200
    assert "Bolt" in text(site.get("/stock/products/?q=bol"))
    assert "No products here" in text(site.get("/stock/products/?q=nothing"))


def test_a_dry_run_is_only_checked(site: Client, ended: Callable[..., Job]) -> None:
    site.post("/stock/import/", {"file": SimpleUploadedFile("list.csv", HEADER + b"A-1,Bolt,1.50,5,North\n"), "dry_run": "on"})
    assert ended(Job.objects.get()).result["dry_run"] is True
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "Choose a CSV file first."),
        (b"", "The file is empty."),
        (b"PK\x03\x04\x00\x00", "This is a binary file"),
        (b"sku,name\nA-1,Bolt\n", "missing: price, quantity, location"),
        ("sku,name,price,quantity,location,größe\n".encode("latin-1"), "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_price_list_is_refused_with_a_sentence(site: Client, data: bytes | None, sentence: str) -> None:
    files = {} if data is None else {"file": SimpleUploadedFile("list.csv", data)}
    assert sentence in text(site.post("/stock/import/", files), 422)
    assert not Job.objects.exists()


def test_products_are_paged_by_sku(site: Client) -> None:
    tenant = Tenant.objects.get(slug="default")
    Product.objects.bulk_create(Product(tenant=tenant, sku=f"A-{n:03}", name="Bolt", price=1) for n in range(60))
    first = text(site.get("/stock/products/"))
    assert "A-049" in first
    assert "A-050" not in first
    assert "after=A-049" in first
    assert "A-050" in text(site.get("/stock/products/?after=A-049"))


def test_my_jobs_are_listed_newest_first_filtered_and_paged(site: Client, user: Any) -> None:
    assert "No jobs here" in text(site.get("/jobs/"))
    made = [submit(user) for _ in range(27)]
    somebody_elses = submit(None)
    page = text(site.get("/jobs/"))
    assert str(somebody_elses.pk) not in page
    assert page.index(str(made[-1].pk)) < page.index(str(made[-2].pk))
    assert str(made[0].pk) not in page
    assert str(made[0].pk) in text(site.get(f"/jobs/?after={made[2].pk}"))
    assert "None of them is dead" in text(site.get("/jobs/?status=dead"))
    text(site.get("/jobs/?status=purple"), 404)
    text(site.get("/jobs/?after=yesterday"), 404)


def test_staff_see_the_jobs_of_everyone(site: Client, user: Any) -> None:
    job = submit(None)
    assert str(job.pk) not in text(site.get("/jobs/?whose=all"))
    user.is_staff = True
    user.save()
    assert str(job.pk) in text(site.get("/jobs/?whose=all"))
    text(site.get(f"/jobs/{job.pk}/"))


@pytest.mark.parametrize("path", ["", "live"])
def test_a_job_of_another_tenant_or_user_is_not_there(site: Client, user: Any, path: str) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    for job in (submit(user, tenant=other), submit(None)):
        assert "Nothing here" in text(site.get(f"/jobs/{job.pk}/{path}"), 404)
        text(site.post(f"/jobs/{job.pk}/cancel"), 404)
        text(site.post(f"/jobs/{job.pk}/retry"), 404)


def test_a_dead_job_shows_its_error_and_attempts_and_can_be_tried_again(site: Client, user: Any, ended: Callable[..., Job]) -> None:
    job = ended(submit(user, "sample.fail"))
    page = text(site.get(f"/jobs/{job.pk}/"))
    for words in ("Why it is dead", "attempt 3", "retries_exhausted", "<summary>Traceback</summary>", "Attempts", "Try it again"):
        assert words in page
    answer = site.post(f"/jobs/{job.pk}/retry")
    again = Job.objects.get(replay_of=job)
    assert (answer["Location"], again.submitted_by) == (f"/jobs/{again.pk}/", user)


def test_a_job_that_succeeded_is_not_tried_again(site: Client, user: Any, ended: Callable[..., Job]) -> None:
    job = ended(submit(user))
    assert "Only a dead or cancelled job" in text(site.post(f"/jobs/{job.pk}/retry", follow=True))


def test_a_waiting_job_is_cancelled_by_its_button(site: Client, user: Any) -> None:
    job = submission.submit(Order("sample.double", {"number": 1}, delay=timedelta(minutes=5)), submitted_by=user).job
    assert 'form="cancel-form"' in text(site.get(f"/jobs/{job.pk}/"))
    fragment = text(site.post(f"/jobs/{job.pk}/cancel", headers={"hx-request": "true"}))
    assert "<html" not in fragment
    assert "Twice the number: cancelled" in fragment
    _record()
    assert Job.objects.get().state == State.CANCELLED


def test_forms_need_their_token(user: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert "Not allowed" in text(client.post(f"/jobs/{submit(user).pk}/cancel"), 403)


def test_the_live_stream_sends_each_change_and_ends_when_the_rows_say_all(user: Any) -> None:
    job = submission.submit(Order("sample.double", {"number": 1}, delay=timedelta(minutes=5)), submitted_by=user).job
    first, changed, last = asyncio.run(_watch(user, job))
    assert "scheduled" in first
    assert "cancelled" in changed
    assert last == "event: end\ndata: \n\n"


async def _watch(user: Any, job: Job) -> tuple[str, str, str]:
    stream = live.messages(user, job.pk)
    assert await anext(stream) == "retry: 1000\n\n"
    first = await anext(stream)
    await asyncio.to_thread(_apart, lambda: lifecycle.cancel(job))
    told = [await anext(stream)]
    await asyncio.to_thread(_apart, _record)
    told += [message async for message in stream]
    return first, "".join(told[:-1]), told[-1]


def _apart(act: Callable[[], object]) -> None:
    """In a thread, which keeps no connection when it ends."""
    act()
    connection.close()


def _record() -> None:
    while lifecycle.record():
        pass


def test_a_view_that_the_recorder_overtakes_is_not_the_last(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    job = submission.submit(Order("sample.double", {"number": 1}, delay=timedelta(minutes=5)), submitted_by=user).job
    lifecycle.cancel(job)
    timeline = queries.timeline

    def overtaken(job: Job) -> list[Event]:
        events = timeline(job)
        _record()
        return events

    monkeypatch.setattr(queries, "timeline", overtaken)
    looks = [live.view_of(queries.seen_by(user, job.tenant, job.pk), user) for _ in range(2)]
    assert [look["settled"] for look in looks] == [False, True]
    assert looks[1]["events"][-1].name == "job.cancelled"


def test_the_live_stream_is_closed_to_strangers(user: Any) -> None:
    assert Client().get(f"/jobs/{submit(user).pk}/live").status_code == 401


def test_the_list_is_sent_again_when_ones_own_jobs_change_and_not_for_another_s(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PACE", "SETTLED"):
        monkeypatch.setattr(listing, name, getattr(listing, name) / 10)
    waiting = Order("sample.double", {"number": 1}, delay=timedelta(minutes=5))
    mine, another_s = (submission.submit(waiting, submitted_by=who).job for who in (user, None))

    async def watch() -> tuple[str, str]:
        stream = listing.messages(user, Chosen())
        assert await anext(stream) == "retry: 1000\n\n"
        first = await anext(stream)
        await asyncio.to_thread(_apart, lambda: lifecycle.cancel(another_s))
        await asyncio.to_thread(_apart, lambda: lifecycle.cancel(mine))
        while (changed := await anext(stream)) == ": still here\n\n":
            pass
        await stream.aclose()  # type: ignore[attr-defined]
        return first, changed

    first, changed = asyncio.run(asyncio.wait_for(watch(), 20))
    assert str(another_s.pk) not in first + changed
    assert str(mine.pk) in first
    assert ">scheduled<" in first
    assert ">cancelled<" in changed
    assert changed.startswith("event: state\n")


def test_the_list_that_is_sent_is_the_one_that_is_looked_at(site: Client, user: Any) -> None:
    later = Order("sample.double", {"number": 1}, delay=timedelta(minutes=5))
    made = [submission.submit(later, submitted_by=user).job for _ in range(27)]
    _record()
    page = text(site.get("/jobs/?status=scheduled&whose=all"))
    assert 'data-live="/jobs/live?status=scheduled"' in page
    assert f"status=scheduled&amp;after={made[2].pk}" in page
    assert 'http-equiv="refresh"' in page
    assert site.get("/jobs/live?status=scheduled")["Content-Type"] == "text/event-stream"
    text(site.get("/jobs/live?status=purple"), 404)
    assert Client().get("/jobs/live").status_code == 401


def test_a_follower_hears_of_its_subject_alone(platform: None) -> None:
    asyncio.run(_follow("my job"))


async def _follow(subject: str) -> None:
    async with feed().subscribe(Interest(subject=subject)) as changes:
        patience = timedelta(seconds=10)
        assert await changes.next(patience), "the reader has found its place"
        await asyncio.to_thread(journal.append, "job.progressed", "somebody else's", "default", {})
        await asyncio.to_thread(journal.append, "job.progressed", subject, "default", {"n": 1})
        assert await changes.next(patience)
        assert [entry.data for entry in changes.take()] == [{"n": 1}]
        assert not await changes.next(timedelta(milliseconds=50))
