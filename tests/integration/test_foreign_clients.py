"""Clients that are not ours submit a plain task and read its result: celery-node, and stock Celery with its Redis backend."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from kombu.transport.redis import Transport as Stock

from jobs.infra.redis import client
from tests.support.waiting import until

SCRIPT = """
const { createClient } = require("celery-node");
const client = createClient(process.env.REDIS_URL, process.env.REDIS_URL, "default");
const said = (promise) => promise.then((result) => ({ result }), (error) => ({ error: error.message, type: error.exc_type }));
const task = client.createTask("sample.plain");
Promise.all([[1, 2], [1, 2, 3]].map((args) => said(task.applyAsync(args).get(30000, 50))))
  .then((answers) => { console.log(JSON.stringify(answers)); return client.disconnect(); });
"""


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package celery-node."""
    assert shutil.which("npm"), "This test needs node and npm; bin/test installs them."
    folder = tmp_path_factory.mktemp("node")
    (folder / "submit.js").write_text(SCRIPT)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "celery-node@0.5"], cwd=folder, check=True, timeout=120)
    return folder


@pytest.mark.timeout(240)
def test_celery_node_submits_a_plain_task_and_gets_its_result(platform: None, node: Path) -> None:
    env = os.environ | {"REDIS_URL": settings.REDIS_URL}
    told = subprocess.run(["node", "submit.js"], cwd=node, env=env, capture_output=True, text=True, timeout=60, check=True)
    good, bad = json.loads(told.stdout)
    assert good == {"result": 3}
    assert (bad["error"], bad["type"]) == ("FAILURE", "TypeError")


def test_stock_celery_with_its_redis_backend_gets_the_result(platform: None) -> None:
    app = Celery("stranger", broker=settings.REDIS_URL, backend=settings.REDIS_URL, set_as_current=False)
    app.conf.update(broker_transport=f"{Stock.__module__}:Transport", task_default_queue="default")
    assert _sent(app, (2, 3)).get(timeout=20) == 5
    with pytest.raises(TypeError, match="positional"):
        _sent(app, (2,)).get(timeout=20)
    app.backend.result_consumer.stop()
    app.close()


MALFORMED: list[tuple[dict[str, Any], Any]] = [
    ({"task": "sample.plain"}, [[1, 2], {}, {}]),
    ({"task": ["sample.plain"], "id": "x"}, [[1, 2], {}, {}]),
    ({"task": "sample.plain", "id": "x"}, [1]),
    ({"task": "sample.plain", "id": "x"}, 7),
    ({"task": "sample.plain", "id": "x"}, {"some": "thing"}),
    ({"task": "sample.plain", "id": "x", "timelimit": 3}, [[1, 2], {}, {}]),
    ({"task": "sample.plain", "id": "x", "eta": 3}, [[1, 2], {}, {}]),
    ({"task": "no.such.type", "id": "x", "conveyor": {"queue": "default"}}, [[], {}, {}]),
    ({}, 7),
    ({}, {"task": "sample.plain", "args": [1, 2], "kwargs": 3}),
    ({}, {"task": "sample.plain", "args": [1, 2]}),
]


def test_a_task_message_that_is_none_is_a_dead_letter_and_the_worker_lives(platform: None) -> None:
    for headers, body in MALFORMED:
        text = base64.b64encode(json.dumps(body).encode()).decode()
        message = {"body": text, "content-type": "application/json", "content-encoding": "utf-8", "headers": headers}
        client().lpush("default", json.dumps({**message, "properties": {"body_encoding": "base64"}}))
    until(lambda: client().llen("dead_letter") == len(MALFORMED), 20)
    reasons = {json.loads(text)["headers"]["x-dead-letter"]["reason"] for text in client().lrange("dead_letter", 0, -1)}
    assert reasons == {"undecodable"}
    app = Celery("stranger", broker=settings.REDIS_URL, backend=settings.REDIS_URL, set_as_current=False)
    app.conf.update(broker_transport=f"{Stock.__module__}:Transport", task_default_queue="default")
    assert _sent(app, (2, 3)).get(timeout=20) == 5
    app.backend.result_consumer.stop()
    app.close()


def _sent(app: Celery, args: tuple[int, ...]) -> Any:
    return app.send_task("sample.plain", args)
