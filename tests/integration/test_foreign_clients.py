"""Clients that are not ours submit a plain task and read its result: celery-node, and stock Celery with its Redis backend."""

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


def _sent(app: Celery, args: tuple[int, ...]) -> Any:
    return app.send_task("sample.plain", args)
