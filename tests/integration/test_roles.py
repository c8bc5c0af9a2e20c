"""Who may do what on the operators' pages; all of it is decided on the server."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.core.roles import Role
from jobs.infra import broker
from jobs.models import Job
from jobs.queries.roles import role_of
from jobs.web.ops.shell import PLACES
from tests.integration.test_dead_letters import kept
from tests.support import sample_jobs
from tests.support.people import person, signed_in
from tests.support.sample_jobs import Nothing, Number

SECRET = 271828182


def test_the_group_makes_the_role_and_staff_without_one_only_look(db: None, django_user_model: Any) -> None:
    assert [role_of(person(role.group, role)) for role in Role] == list(Role)
    assert role_of(django_user_model.objects.create_user("new", is_staff=True)) is Role.VIEWER
    assert role_of(django_user_model.objects.create_superuser("root")) is Role.ADMIN
    assert role_of(person("customer")) is None


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.view)
def test_a_page_is_open_to_its_role_and_to_nobody_below(platform: None, place: Any) -> None:
    assert signed_in("able", place.role).get(reverse(place.view)).status_code == 200
    assert Client().get(reverse(place.view)).status_code == 302
    assert signed_in("customer").get(reverse(place.view)).status_code == 302
    for role in (role for role in Role if role < place.role):
        assert signed_in(role.group, role).get(reverse(place.view)).status_code == 403


def test_every_key_of_the_navigation_leads_to_one_page() -> None:
    assert len({place.key for place in PLACES}) == len(PLACES)


def test_a_viewer_steers_nothing(platform: None) -> None:
    viewer = signed_in("vera", Role.VIEWER)
    assert "Pause" not in viewer.get("/ops/queues/").content.decode()
    assert viewer.post("/ops/queues/bulk/pause").status_code == 403
    assert viewer.post("/api/queues/bulk/pause", {}, content_type="application/json").status_code == 403
    assert viewer.post("/ops/workers/any", {"act": "stop"}).status_code == 403
    assert broker.paused() == {}


def test_a_viewer_never_sees_what_a_job_carries_and_an_operator_does(ended: Callable[[Job], Job]) -> None:
    job = ended(sample_jobs.double.submit(Number(number=SECRET)))
    paths = [f"/jobs/{job.pk}/", f"/api/jobs/{job.pk}", "/api/jobs", f"/api/jobs/{job.pk}/timeline"]
    viewer, operator = signed_in("vera", Role.VIEWER), signed_in("olga", Role.OPERATOR)
    for path in paths:
        seen = viewer.get(path)
        assert seen.status_code == 200
        assert str(SECRET) not in seen.content.decode()
        assert str(SECRET * 2) not in seen.content.decode()
    assert str(SECRET) in operator.get(paths[0]).content.decode()
    assert operator.get(paths[1]).json()["result"] == SECRET * 2


def test_a_viewer_acts_on_no_job_of_another(ended: Callable[[Job], Job]) -> None:
    job = ended(sample_jobs.give_up.submit(Nothing()))
    viewer = signed_in("vera", Role.VIEWER)
    assert viewer.post(f"/jobs/{job.pk}/retry").status_code == 403
    assert viewer.post(f"/api/jobs/{job.pk}/retry", {}, content_type="application/json").status_code == 403
    assert Job.objects.count() == 1


def test_dead_letters_are_for_the_staff_and_closed_to_a_viewer(ended: Callable[[Job], Job]) -> None:
    ended(sample_jobs.give_up.submit(Nothing()))
    kept(1)
    assert signed_in("customer").get("/api/dead-letters").status_code == 403
    assert signed_in("vera", Role.VIEWER).get("/api/dead-letters").json()["items"][0]["data"] is None
    assert signed_in("olga", Role.OPERATOR).get("/api/dead-letters").json()["items"][0]["data"] == {}
