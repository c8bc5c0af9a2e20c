"""The commands of the README, as they stand, in a fresh copy that `bin/dev` runs."""

import re
import subprocess

import httpx
import pytest

from tests.support.dev import ROOT, Dev, until


def commands() -> str:
    (block,) = re.findall(r"## See it work\n.*?```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return str(block)


@pytest.mark.timeout(300)
def test_the_commands_of_the_readme_work_as_written(dev: Dev) -> None:
    environment = dev.environment | {"KEY": dev.api_key, "SITE": dev.url}
    ran = subprocess.run(["sh", "-eu"], input=commands(), cwd=dev.folder, env=environment, text=True, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "stock.import" in ran.stdout
    assert "succeeded: 7" in ran.stdout
    # The answer says where to look, or, where the import took less than the 30 s that it waits, how it ended.
    (import_id,) = set(re.findall(r'"(?:jobId|id)": "([0-9a-f-]{36})"', ran.stdout))
    with httpx.Client(base_url=dev.url, headers={"Authorization": f"Bearer {dev.api_key}"}) as client:
        until(lambda: client.get(f"/api/jobs/{import_id}").json()["status"] == "succeeded")
        assert client.get(f"/api/jobs/{import_id}").json()["result"]["created"] in (20000, 19940)
