"""The admin: each list, search and action of ours, as an admin uses it."""

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from jobs.models import ApiKey, Job, Tenant
from jobs.services import tenants
from tests.integration.test_dead_letters import kept
from tests.support import sample_jobs
from tests.support.sample_jobs import Nothing, Number

OURS = [model for model in admin.site._registry if model._meta.app_label in ("jobs", "stock", "django_celery_results")]


@pytest.fixture
def staff(platform: None) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


def act(client: Client, model: str, action: str, *rows: object) -> str:
    data = {"action": action, "_selected_action": [str(row) for row in rows]}
    answer = client.post(reverse(f"admin:jobs_{model}_changelist"), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("query", ["", "?q=A-1", "?q=8d1b2a5e-0000-4000-8000-000000000001", "?q=%00%27"])
def test_every_list_opens_and_can_be_searched(staff: Client, model: type, query: str) -> None:
    meta = model._meta  # type: ignore[attr-defined]
    answer = staff.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") + query)
    assert answer.status_code in (200, 302)


def test_a_job_is_found_by_its_payload_and_its_page_opens(staff: Client) -> None:
    job = sample_jobs.double.submit(Number(number=12345))
    url = reverse("admin:jobs_job_changelist")
    assert str(job.pk) in staff.get(f"{url}?q=12345").content.decode()
    assert str(job.pk) not in staff.get(f"{url}?q=54321").content.decode()
    assert str(job.pk) in staff.get(f"{url}?q={job.pk}").content.decode()
    assert staff.get(reverse("admin:jobs_job_change", args=[job.pk])).status_code == 200


def test_a_dead_job_is_retried_and_a_living_one_says_why_not(staff: Client, ended: Callable[[Job], Job]) -> None:
    dead = ended(sample_jobs.give_up.submit(Nothing()))
    done = ended(sample_jobs.double.submit(Number(number=1)))
    said = act(staff, "job", "retry", dead.pk, done.pk)
    assert "1 submitted again." in said
    assert "Only a dead or cancelled job can be retried" in said
    assert Job.objects.filter(replay_of=dead).exists()
    assert "has ended already" in act(staff, "job", "cancel", done.pk)


def test_a_dead_letter_is_shown_and_replayed(staff: Client, ended: Callable[[Job], Job]) -> None:
    old = ended(sample_jobs.give_up.submit(Nothing()))
    (letter,) = kept(1)
    page = staff.get(reverse("admin:jobs_deadletter_change", args=[letter.pk])).content.decode()
    assert "no use" in page
    assert "submitted again" in act(staff, "deadletter", "replay", letter.pk)
    assert Job.objects.filter(replay_of=old).exists()
    assert "replayed already" in act(staff, "deadletter", "replay", letter.pk)


def test_a_new_key_is_shown_once_works_and_can_be_revoked(staff: Client) -> None:
    form = {"tenant": Tenant.objects.get(slug="default").pk, "name": "shop", "scopes": ["read", "submit"]}
    page = staff.post(reverse("admin:jobs_apikey_add"), form, follow=True).content.decode()
    found = re.search(r"cvy_[\w-]+", page)
    assert found, page
    key = tenants.key_of(found[0])
    assert (key.name, key.scopes) == ("shop", ["read", "submit"])
    assert found[0] not in staff.get(reverse("admin:jobs_apikey_changelist")).content.decode()
    act(staff, "apikey", "revoke", key.pk)
    assert not ApiKey.objects.usable().exists()
