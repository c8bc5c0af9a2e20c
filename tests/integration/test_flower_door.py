"""Flower behind the site's sign-in."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from flower.utils.broker import Broker

from jobs.core.roles import Role
from jobs.infra import broker
from jobs.infra.redis import celery_settings, client
from jobs.models import Tenant
from tests.support.people import signed_in

PASSWORD = "operator:secret"


class Flower(BaseHTTPRequestHandler):
    """Answers what it was asked to who knows the password."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == "Basic " + base64.b64encode(PASSWORD.encode()).decode()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "text/html")
        self.send_header("Set-Cookie", "flower=1")
        self.end_headers()
        self.wfile.write(f"{self.command} {self.path} {body}".encode())

    do_POST = do_GET

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def flower(settings: Any, transactional_db: None) -> Iterator[None]:
    client().flushdb()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    with ThreadingHTTPServer(("127.0.0.1", 0), Flower) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings.FLOWER_URL, settings.FLOWER_BASIC_AUTH = f"http://127.0.0.1:{server.server_port}", PASSWORD
        yield
        server.shutdown()
        thread.join()


def test_an_operator_is_shown_what_flower_answers(flower: None) -> None:
    answer = signed_in("olga", Role.OPERATOR).get("/ops/flower/tasks?limit=5")
    assert answer.content == b"GET /ops/flower/tasks?limit=5 "
    assert "flower" not in answer.cookies


def test_nobody_else_is(flower: None) -> None:
    assert signed_in("vera", Role.VIEWER).get("/ops/flower/").status_code == 403
    assert signed_in("customer").get("/ops/flower/").status_code == 302
    assert Client().get("/ops/flower/").status_code == 302


def test_what_changes_something_must_come_from_this_site(flower: None) -> None:
    operator = signed_in("olga", Role.OPERATOR)
    path, body = "/ops/flower/api/worker/shutdown/x", {"a": "1"}
    assert operator.post(path, body).status_code == 403
    assert operator.post(path, body, headers={"origin": "https://evil.example"}).status_code == 403
    answer = operator.post(path, "a=1", content_type="application/x-www-form-urlencoded", headers={"origin": "http://testserver"})
    assert answer.content == b"POST /ops/flower/api/worker/shutdown/x a=1"


def test_without_flower_the_page_says_so(flower: None, settings: Any) -> None:
    operator = signed_in("olga", Role.OPERATOR)
    settings.FLOWER_BASIC_AUTH = "operator:other"
    answer = operator.get("/ops/flower/")
    assert (answer.status_code, "another password" in answer.content.decode()) == (502, True)
    settings.FLOWER_URL = "http://127.0.0.1:1"
    assert "does not answer" in operator.get("/ops/flower/").content.decode()


def test_flower_counts_messages_of_every_priority(flower: None, settings: Any) -> None:
    settings.CONVEYOR_PREFIX = "mine:"
    for priority in range(11):
        client().lpush(broker.ready_key("bulk", priority), "x")
    made = celery_settings()
    counting = Broker(made["broker_url"], broker_options=made["broker_transport_options"])
    assert asyncio.run(counting.queues(["bulk"])) == [{"name": "bulk", "messages": 11}]
