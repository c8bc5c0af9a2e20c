"""Webhooks on the operators' pages, and on the site for who looks after those of a tenant."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from jobs.core.roles import WEBHOOKS, Role
from jobs.models import Delivery, Tenant, Webhook
from jobs.services import webhooks
from tests.integration.test_webhooks import failing, fine, follow, publish, run
from tests.support.people import person, signed_in
from tests.support.receivers import Receiver

LIST = "/ops/webhooks/"


@pytest.fixture
def operator(webhook_tenant: Tenant) -> Client:
    return signed_in("olga", Role.OPERATOR)


def _page(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def test_an_endpoint_is_made_its_secret_shown_once_and_changed(operator: Client, receiver: Receiver) -> None:
    assert "No webhooks yet." in _page(operator.get(LIST))
    form = {"url": receiver.url, "patterns": "orders.*\r\njob.dead\r\n", "description": "<b>ERP</b>"}
    made = operator.post(f"{LIST}new", form, follow=True)
    webhook = Webhook.objects.get()
    (secret,) = webhook.secrets.values_list("secret", flat=True)
    assert (webhook.patterns, webhook.created_by and webhook.created_by.username) == (["orders.*", "job.dead"], "olga")
    assert secret in _page(made)
    assert "no-store" in made["Cache-Control"]
    page = f"{LIST}{webhook.pk}/"
    assert secret not in _page(operator.get(page))
    assert "&lt;b&gt;ERP&lt;/b&gt;" in _page(operator.get(LIST))
    operator.post(page, {"url": receiver.url, "patterns": "stock.**", "ordered": "on"})
    webhook.refresh_from_db()
    assert (webhook.patterns, webhook.ordered, webhook.description) == (["stock.**"], True, "")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "URL: This field is required."),
        ({"url": "http://10.0.0.1/", "patterns": "**"}, "10.0.0.1 is private"),
        ({"url": "https://user@example.com/", "patterns": "**"}, "no user name"),
        ({"url": "https://example.com/", "patterns": "a..b"}, "is no pattern"),
        ({"url": "https://example.com/", "patterns": "x\x00"}, "Null characters"),
    ],
)
def test_a_form_that_is_wrong_says_why_and_keeps_what_was_written(operator: Client, form: dict[str, str], said: str) -> None:
    answer = operator.post(f"{LIST}new", form)
    assert answer.status_code == 422
    assert said in _page(answer)
    assert form.get("url", "") in _page(answer)
    assert not Webhook.objects.exists()


def test_the_buttons(operator: Client, webhook_tenant: Tenant, receiver: Receiver) -> None:
    webhook, secret = webhooks.create(webhook_tenant, receiver.url, ["orders.*"])
    page = f"{LIST}{webhook.pk}/"

    def press(verb: str, **form: str) -> str:
        return _page(operator.post(f"{page}{verb}", {"next": page, **form}, follow=True))

    assert "A test is on its way" in press("test")
    run()
    assert receiver.names == ["webhook.test"]
    assert "holiday" in press("pause", why="holiday")
    assert "is paused already" in press("pause")
    publish(1)
    follow()
    assert "Resume and send what was kept" in _page(operator.get(page))
    press("resume")
    run()
    assert receiver.names == ["webhook.test", "orders.created"]
    press("pause")
    publish(2)
    follow()
    press("skip")
    assert run() == []
    told = press("rotate")
    assert webhook.secrets.latest("pk").secret in told
    assert "The old one signs until" in told
    assert secret not in told
    assert operator.post(f"{page}explode").status_code == 404
    assert "is deleted" in press("remove")
    assert operator.get(page).status_code == 404


def test_the_log_is_filtered_paged_and_sent_again(operator: Client, webhook_tenant: Tenant, receiver: Receiver, settings: Any) -> None:
    webhook, _ = webhooks.create(webhook_tenant, receiver.url, ["orders.*"])
    settings.WEBHOOK_COOLDOWN = settings.WEBHOOK_COOLDOWN * 0
    receiver.answer = failing
    publish(*range(4))
    follow()
    run()
    page = f"{LIST}{webhook.pk}/"
    assert _page(operator.get(f"{page}?status=failed")).count("state failed") == 4
    assert "No deliveries are succeeded" in _page(operator.get(f"{page}?status=succeeded"))
    assert operator.get(f"{page}?status=gone").status_code == 404
    assert operator.get(f"{page}?after=x").status_code == 404
    number = Delivery.objects.earliest("pk").pk
    shown = _page(operator.get(f"{LIST}deliveries/{number}/"))
    assert "broken" in shown
    assert "webhook-signature" in shown
    assert "Send 4 again" in _page(operator.get(f"{page}?failed=24h"))
    receiver.answer = fine
    one = operator.post(f"{LIST}deliveries/{number}/redeliver", {"next": f"{LIST}deliveries/{number}/"}, follow=True)
    assert "It is sent again." in _page(one)
    run()
    answer = operator.post(f"{page}redeliver", {"failed": "24h", "next": page}, follow=True)
    assert "3 are sent again." in _page(answer)
    run()
    assert not Delivery.objects.exclude(state="succeeded").exists()


def test_old_deliveries_are_a_page_away(operator: Client, webhook_tenant: Tenant, receiver: Receiver) -> None:
    webhook, _ = webhooks.create(webhook_tenant, receiver.url, ["orders.*"])
    publish(*range(30))
    follow()
    first = _page(operator.get(f"{LIST}{webhook.pk}/"))
    assert "Older deliveries" in first
    oldest = Delivery.objects.earliest("pk").pk
    after = Delivery.objects.order_by("-pk")[24].pk
    assert f"/deliveries/{oldest}/" not in first
    assert f"/deliveries/{oldest}/" in _page(operator.get(f"{LIST}{webhook.pk}/?after={after}"))


def test_only_operators_come_in(webhook_tenant: Tenant, receiver: Receiver) -> None:
    webhook, _ = webhooks.create(webhook_tenant, receiver.url, ["orders.*"])
    publish(1)
    follow()
    number = Delivery.objects.get().pk
    viewer, customer = signed_in("vera", Role.VIEWER), signed_in("customer")
    for path in ("", "new", f"{webhook.pk}/", f"deliveries/{number}/"):
        assert viewer.get(LIST + path).status_code == 403
        assert customer.get(LIST + path).status_code == 302
    for path in (f"{webhook.pk}/pause", f"{webhook.pk}/remove", f"deliveries/{number}/redeliver"):
        assert viewer.post(LIST + path).status_code == 403
    assert Webhook.objects.get().state == "active"


def test_who_looks_after_webhooks_has_the_same_pages_on_the_site(webhook_tenant: Tenant, receiver: Receiver) -> None:
    site, carer = "/webhooks/", Client()
    mia = person("mia")
    carer.force_login(mia)
    assert carer.get(site).status_code == 403
    assert site not in _page(carer.get("/jobs/"))
    mia.groups.add(Group.objects.get_or_create(name=WEBHOOKS)[0])
    assert f'href="{site}"' in _page(carer.get("/jobs/"))
    made = carer.post(f"{site}new", {"url": receiver.url, "patterns": "orders.*"}, follow=True)
    webhook = Webhook.objects.get()
    page = f"{site}{webhook.pk}/"
    assert (made.redirect_chain, webhook.created_by) == ([(page, 302)], mia)
    assert webhook.secrets.get().secret in _page(made)
    carer.post(f"{page}test")
    run()
    delivery = Delivery.objects.get()
    shown = _page(carer.get(f"{site}deliveries/{delivery.pk}/"))
    assert "thanks" in shown
    assert "/ops/webhooks/" not in shown + _page(carer.get(page)) + _page(carer.get(site))
    assert carer.post(f"{site}deliveries/{delivery.pk}/redeliver", follow=True).redirect_chain[-1][0] == site
    # Of the operators' pages these are all that they see.
    assert carer.get(LIST).status_code == 302
    assert Client().get(site).status_code == 302
    assert signed_in("olga", Role.OPERATOR).get(page).status_code == 200
    Webhook.objects.update(tenant=Tenant.objects.create(slug="other", name="Other"))
    for path in (page, f"{site}deliveries/{delivery.pk}/"):
        assert carer.get(path).status_code == 404
    for path in (f"{page}remove", f"{page}rotate", f"{site}deliveries/{delivery.pk}/redeliver"):
        assert carer.post(path).status_code == 404


def test_another_tenants_endpoint_is_not_found(operator: Client, receiver: Receiver) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    webhook, _ = webhooks.create(other, receiver.url, ["orders.*"])
    publish(1, tenant=other)
    follow()
    number = Delivery.objects.get().pk
    for path in (f"{webhook.pk}/", f"deliveries/{number}/"):
        assert operator.get(LIST + path).status_code == 404
    for path in (f"{webhook.pk}/remove", f"deliveries/{number}/redeliver"):
        assert operator.post(LIST + path).status_code == 404
    assert Webhook.objects.exists()
