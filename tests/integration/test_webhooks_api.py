"""Webhooks over HTTP and at the command line."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from jobs.core.roles import Role
from jobs.models import Delivery, Tenant, Webhook
from jobs.services import tenants
from tests.integration.test_openapi import conforms
from tests.integration.test_webhooks import failing, follow, publish, run
from tests.support.people import signed_in
from tests.support.receivers import Receiver

Call = Callable[..., Any]
NOBODY = "8d1b2a5e-0000-4000-8000-000000000001"


@pytest.fixture
def document(webhook_tenant: Tenant) -> dict[str, Any]:
    return Client().get("/api/openapi.json").json()  # type: ignore[no-any-return]


@pytest.fixture
def call(webhook_tenant: Tenant, document: dict[str, Any]) -> Call:
    """Ask with a key; whatever is answered fits what the API publishes. `of` is the path as the document has it."""
    secret = tenants.create_key(webhook_tenant, "tests", ["webhooks"])[1]

    def send(method: str, path: str, body: Any = None, *, of: str = "", key: str = secret) -> Any:
        data = b"" if body is None else orjson.dumps(body)
        answer = Client().generic(
            method, f"/api/webhooks{path}", data, content_type="application/json", headers={"authorization": f"Bearer {key}"}
        )
        if answer.content:
            conforms(document, method, f"/api/webhooks{of or path.partition('?')[0]}", answer)
        return answer

    return send


@pytest.fixture
def made(call: Call, receiver: Receiver) -> dict[str, Any]:
    answer = call("POST", "", {"url": f"{receiver.url}/hook", "patterns": ["orders.*"], "description": "ERP"})
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/webhooks/{answer.json()['id']}"
    return answer.json()  # type: ignore[no-any-return]


def test_an_endpoint_is_made_seen_changed_and_deleted(call: Call, made: dict[str, Any]) -> None:
    path, of = f"/{made['id']}", "/{webhook_id}"
    seen = call("GET", path, of=of).json()
    assert (seen["status"], seen["breaker"], seen["pending"], "secret" in seen) == ("active", "closed", 0, False)
    changed = call("PATCH", path, {"patterns": ["job.dead", "job.dead"], "ordered": True}, of=of).json()
    assert (changed["patterns"], changed["ordered"], changed["description"]) == (["job.dead"], True, "ERP")
    assert [item["id"] for item in call("GET", "").json()["items"]] == [made["id"]]
    assert call("DELETE", path, of=of).status_code == 204
    assert call("GET", path, of=of).status_code == 404


def test_lists_go_on_where_they_ended(call: Call, receiver: Receiver) -> None:
    ids = [call("POST", "", {"url": f"{receiver.url}/{n}", "patterns": ["**"]}).json()["id"] for n in range(3)]
    first = call("GET", "?limit=2").json()
    rest = call("GET", f"?limit=2&after={first['next']}").json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None


def test_a_list_asks_no_more_for_many_endpoints_than_for_few(call: Call, receiver: Receiver, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        call("POST", "", {"url": f"{receiver.url}/{number}", "patterns": ["orders.*"]})
    publish(1, 2)
    follow()
    run()
    with django_assert_max_num_queries(8):
        items = call("GET", "").json()["items"]
    assert [(item["succeeded"], item["failed"], item["pending"]) for item in items] == [(2, 0, 0)] * 12


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "http://127.0.0.1@example.com/", "patterns": ["**"]}, "url"),
        ({"url": "http://169.254.169.254/", "patterns": ["**"]}, "url"),
        ({"url": "https://example.com/", "patterns": [" "]}, "patterns"),
        ({"url": "https://example.com/", "patterns": ["a.**.*b"]}, "patterns"),
        ({"url": "https://example.com/", "patterns": ["**"], "secret": "x"}, "secret"),
        ({"url": "https://example.com/", "patterns": ["**"], "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_endpoint_is_refused_and_names_the_field(call: Call, body: Any, field: str) -> None:
    answer = call("POST", "", body)
    assert answer.status_code == 422
    assert any(field in name for name in answer.json()["fields"])
    assert not Webhook.objects.exists()


def test_a_secret_of_ones_own_and_a_new_one(call: Call, receiver: Receiver) -> None:
    own = "whsec_" + "YWJj" * 10
    made = call("POST", "", {"url": receiver.url, "patterns": ["orders.*"], "secret": own}).json()
    assert made["secret"] == own
    told = call("POST", f"/{made['id']}/rotate", {"overlapHours": 2}, of="/{webhook_id}/rotate").json()
    new = told["secret"]
    assert datetime.fromisoformat(told["oldUntil"]) - timezone.now() > timedelta(hours=1.5)
    publish(1)
    follow()
    run()
    for secret in (own, new):
        Verifier(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    assert call("POST", f"/{made['id']}/rotate", {"overlapHours": 1000}, of="/{webhook_id}/rotate").status_code == 422


def test_pausing_resuming_and_a_test(call: Call, made: dict[str, Any], receiver: Receiver) -> None:
    def post(verb: str, body: Any = None) -> Any:
        return call("POST", f"/{made['id']}/{verb}", body, of="/{webhook_id}/" + verb)

    assert post("pause", {"why": " moving \x00 the\nprinter "}).json()["why"] == "moving the printer"
    assert (post("pause").status_code, post("pause").json()["code"]) == (409, "invalid_state")
    assert post("test").status_code == 202
    run()
    assert receiver.names == ["webhook.test"]
    assert post("resume", {"skip": True}).json()["status"] == "active"
    assert post("resume").status_code == 409


def test_the_log_shows_requests_and_answers_and_sends_again(call: Call, made: dict[str, Any], receiver: Receiver) -> None:
    receiver.answer = failing
    call("POST", f"/{made['id']}/test", of="/{webhook_id}/test")
    run()
    publish(1, 2, 3)
    follow()
    run()
    log = call("GET", "/deliveries?status=failed&limit=2").json()
    assert (len(log["items"]), log["items"][0]["status"], log["items"][0]["dueAt"]) == (2, "failed", None)
    rest = call("GET", f"/deliveries?status=failed&event=orders.created&after={log['next']}").json()
    assert len(rest["items"]) == 1
    one = rest["items"][0]
    whole = call("GET", f"/deliveries/{one['id']}", of="/deliveries/{number}").json()
    (attempt,) = whole["attempts"]
    assert (attempt["status"], attempt["responseBody"]) == (500, "broken")
    assert attempt["requestHeaders"]["webhook-id"] == one["messageId"]
    assert orjson.loads(whole["body"])["data"] == {"number": 1}
    assert made["secret"] not in str(whole)
    receiver.answer = lambda request: (200, {}, b"")
    again = call("POST", f"/deliveries/{one['id']}/redeliver", of="/deliveries/{number}/redeliver")
    assert (again.status_code, again.json()["status"]) == (202, "pending")
    assert call("POST", f"/deliveries/{one['id']}/redeliver", of="/deliveries/{number}/redeliver").status_code == 409
    run()
    preview = call("POST", "/redeliver", {"webhook": made["id"], "since": "2026-01-01T00:00:00Z"}).json()
    assert (preview["count"], len(preview["sample"]), preview["dryRun"]) == (2, 2, True)
    # And the test, which is not sent again with the others.
    assert Delivery.objects.filter(state="failed").count() == 3
    assert call("POST", "/redeliver", {"until": "2026-01-01T00:00:00Z", "dryRun": False}).json()["count"] == 0
    assert call("POST", "/redeliver", {"dryRun": False}).json()["count"] == 2
    run()
    assert [row.name for row in Delivery.objects.exclude(state="succeeded")] == ["webhook.test"]


@pytest.mark.parametrize(
    "query", ["status=gone", "event=%00", "since=yesterday", "since=2026-01-01T00:00:00", "webhook=x", "after=x", "limit=x"]
)
def test_a_wrong_filter_is_refused(call: Call, query: str) -> None:
    assert call("GET", f"/deliveries?{query}").status_code == 422


def test_what_is_not_there_or_anothers_is_not_found(call: Call, made: dict[str, Any], document: dict[str, Any]) -> None:
    publish(1)
    follow()
    number = Delivery.objects.get().pk
    other = tenants.create_key(Tenant.objects.create(slug="other", name="Other"), "tests", ["webhooks"])[1]
    for id in (NOBODY, made["id"]):
        for method, verb in (("GET", ""), ("PATCH", ""), ("DELETE", ""), *(("POST", v) for v in ("/rotate", "/pause", "/resume", "/test"))):
            assert call(method, f"/{id}{verb}", {}, of="/{webhook_id}" + verb, key=other).status_code == 404
    assert call("GET", f"/deliveries/{number}", of="/deliveries/{number}", key=other).status_code == 404
    assert call("POST", f"/deliveries/{number}/redeliver", of="/deliveries/{number}/redeliver", key=other).status_code == 404
    assert call("GET", f"/deliveries?webhook={made['id']}", key=other).status_code == 404
    assert call("GET", "/deliveries", key=other).json()["items"] == []
    assert call("POST", "/redeliver", {"dryRun": False}, key=other).json()["count"] == 0
    assert Webhook.objects.get().state == "active"


def test_it_needs_its_scope(call: Call, webhook_tenant: Tenant) -> None:
    key = tenants.create_key(webhook_tenant, "others", ["read", "submit", "operate"])[1]
    assert call("GET", "", key=key).status_code == 403
    assert call("POST", "", {"url": "https://example.com/", "patterns": ["**"]}, key=key).status_code == 403
    assert call("GET", "/deliveries", key=key).status_code == 403
    assert signed_in("vera", Role.VIEWER).get("/api/webhooks").status_code == 403
    assert signed_in("customer").get("/api/webhooks").status_code == 403
    assert signed_in("olga", Role.OPERATOR).get("/api/webhooks").status_code == 200


def test_a_callback_is_asked_for_over_http(call: Call, webhook_tenant: Tenant, receiver: Receiver) -> None:
    key = tenants.create_key(webhook_tenant, "submitter", ["submit"])[1]

    def submit(url: str) -> Any:
        body = {"type": "sample.double", "data": {"number": 2}, "callbackUrl": url}
        return Client().post("/api/jobs", body, content_type="application/json", headers={"authorization": f"Bearer {key}"})

    assert submit(f"{receiver.url}/back").status_code == 202
    assert [(item["url"], item["callback"]) for item in call("GET", "").json()["items"]] == [(receiver.url, True)]
    refused = submit("http://10.0.0.1/")
    assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (422, "invalid_url", ["callbackUrl"])
    (item,) = call("GET", "").json()["items"]
    assert call("PATCH", f"/{item['id']}", {"url": "https://example.com/"}, of="/{webhook_id}").status_code == 409


# The command line


def _command(*words: str) -> str:
    out = StringIO()
    call_command("webhooks", *words, stdout=out)
    return out.getvalue()


def test_the_command_line_does_the_same(webhook_tenant: Tenant, receiver: Receiver) -> None:
    id, secret = _command("create", receiver.url, "orders.*", "--ordered").split()
    receiver.answer = failing
    publish(1)
    follow()
    run()
    Verifier(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    assert "active" in _command("list")
    assert "failed" in _command("deliveries", "--status", "failed", "--since", "2026-01-01")
    number = str(Delivery.objects.get().pk)
    assert "broken" in _command("delivery", number)
    assert _command("redeliver-failed", "--webhook", id) == "1 would be sent again; say --yes\n"
    receiver.answer = lambda request: (200, {}, b"")
    assert _command("redeliver-failed", "--yes") == "1 sent again, 0 left\n"
    assert run() == ["succeeded"]
    assert _command("redeliver", number) == "pending\n"
    run()
    assert _command("pause", id, "--why", "night") == "paused\n"
    assert _command("test", id).startswith("delivery ")
    assert _command("resume", id, "--skip") == "active\n"
    Verifier(_command("rotate", id, "--overlap-hours", "1").strip())
    assert _command("remove", id) == "removed\n"
    with pytest.raises(CommandError, match="no webhook"):
        _command("pause", id)
    with pytest.raises(CommandError, match="no tenant"):
        _command("--tenant", "nobody", "list")
    with pytest.raises(CommandError, match="can't be used"):
        _command("create", "http://10.0.0.1/", "**")


def test_two_secrets_overlap_no_longer_than_was_said(call: Call, made: dict[str, Any]) -> None:
    webhook = Webhook.objects.get()
    call("POST", f"/{made['id']}/rotate", of="/{webhook_id}/rotate")
    (old,) = webhook.secrets.exclude(expires_at=None)
    assert old.expires_at
    assert len(webhook.secrets_at(old.expires_at - timedelta(seconds=1))) == 2
    assert len(webhook.secrets_at(old.expires_at)) == 1
