"""Flower beside the platform: behind its password, with names and arguments that make sense to a person."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.support.dev import Dev, until
from tests.support.signing_in import sign_in


def _answers(url: str) -> bool:
    try:
        return bool(httpx.get(url).status_code)
    except httpx.TransportError:
        return False


def test_flower_shows_our_workers_and_jobs_to_who_has_its_password(site: Dev) -> None:
    url = f"http://127.0.0.1:{site.environment['FLOWER_PORT']}/ops/flower"
    until(lambda: _answers(url))
    assert httpx.get(f"{url}/").status_code == 401
    found = re.search(r"\(operator:(\S+)\)", site.said())
    assert found, site.said()
    key = {"Authorization": f"Bearer {site.api_key}"}
    with httpx.Client(base_url=url, auth=("operator", found[1])) as flower, httpx.Client(base_url=site.url, headers=key) as conveyor:
        until(lambda: any(flower.get("/api/workers?refresh=1").json().values()))

        def seen() -> bool:
            # Flower hears of a job only from the moment at which it has asked the worker for its events.
            order = {"type": "platform.nothing", "data": {"number": 41}}
            made = conveyor.post("/api/jobs", json=order, headers={"Prefer": "wait=10"}, timeout=20)
            task = flower.get(f"/api/task/info/{made.json()['id']}")
            return task.is_success and task.json()["name"] == "platform.nothing" and "'number': 41" in task.json()["kwargs"]

        until(seen)
        queues = flower.get("/api/queues/length").json()["active_queues"]
        assert {queue["name"] for queue in queues} == {"checkout", "default", "bulk"}


def test_an_operator_sees_flower_through_the_site_and_a_stranger_does_not(site: Dev, page: Page) -> None:
    until(lambda: _answers(f"http://127.0.0.1:{site.environment['FLOWER_PORT']}/ops/flower"))
    assert httpx.get(f"{site.url}/ops/flower/workers").status_code == 302
    sign_in(page, site, "/ops/flower/about")
    page.get_by_role("link", name="Open Flower").click()
    expect(page.get_by_role("link", name="celery@").first).to_be_visible(timeout=30_000)
    assert page.url == f"{site.url}/ops/flower/"
