"""The admin: each list, search and action of ours, as an admin uses it."""

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django_celery_results.models import TaskResult

from jobs.models import ApiKey, DeadLetter, Delivery, DeliveryAttempt, Job, Tenant, Webhook
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


def one_of_the_staff(role: str = "") -> Client:
    """May open every list by Django's permissions, and delete; what under /ops/ depends on the role."""
    person = get_user_model().objects.create_user(role or "nobody in particular", is_staff=True)
    wanted = Q(content_type__app_label__in=["jobs", "django_celery_results"], codename__regex="^(view|delete)_")
    person.user_permissions.set(Permission.objects.filter(wanted))
    if role:
        person.groups.add(Group.objects.get_or_create(name=f"ops {role}")[0])
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def carrying(ended: Callable[[Job], Job]) -> dict[str, object]:
    """Rows that carry 4711, by their model."""
    job = ended(sample_jobs.add_up.submit(Number(number=4711), key="4711"))
    ended(sample_jobs.give_up.submit(Nothing()))
    (letter,) = kept(1)
    letter.type, letter.payload, letter.message = "sample.double", {"number": 4711}, {"body": [[], {"number": 4711}, {}]}
    letter.save()
    result = TaskResult.objects.create(task_id="t1", task_name="sample.plain", result='"4711"', task_args="4711", task_kwargs="4711")
    webhook = Webhook.objects.create(tenant=job.tenant, url="https://receiver.example/")
    delivery = Delivery.objects.create(webhook=webhook, event="1-0", name="job.succeeded", body='{"number": 4711}')
    DeliveryAttempt.objects.create(delivery=delivery, milliseconds=1, url=webhook.url, status=200, response_body="4711")
    return {"jobs_job": job.pk, "jobs_deadletter": letter.pk, "django_celery_results_taskresult": result.pk, "jobs_delivery": delivery.pk}


@pytest.mark.parametrize(("role", "sees"), [("", False), ("viewer", False), ("operator", True), ("admin", True)])
def test_what_jobs_carry_is_shown_and_found_by_those_who_may_see_it_under_ops(carrying: dict[str, object], role: str, sees: bool) -> None:
    client = one_of_the_staff(role)
    for model, pk in carrying.items():
        answer = client.get(reverse(f"admin:{model}_change", args=[pk]))
        assert answer.status_code == 200
        assert ("4711" in answer.content.decode()) == sees, model
    for model in ("jobs_job", "jobs_deadletter"):
        listed = client.get(reverse(f"admin:{model}_changelist"), {"q": "4711"}).content.decode()
        assert (f"/{carrying[model]}/change/" in listed) == sees, model


@pytest.mark.parametrize(("role", "acts", "deletes"), [("", False, False), ("operator", True, False), ("admin", True, True)])
def test_who_acts_and_who_deletes_is_as_under_ops(carrying: dict[str, object], role: str, acts: bool, deletes: bool) -> None:
    client, letter = one_of_the_staff(role), carrying["jobs_deadletter"]
    act(client, "deadletter", "replay", letter)
    assert bool(DeadLetter.objects.get(pk=letter).replayed_at) == acts
    client.post(reverse("admin:jobs_deadletter_delete", args=[letter]), {"post": "yes"})
    assert DeadLetter.objects.filter(pk=letter).exists() != deletes
