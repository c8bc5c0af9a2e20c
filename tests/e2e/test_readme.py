"""The commands of the README, as they stand, in a fresh copy that `bin/dev` runs."""

import re
import subprocess

import pytest

from tests.support.dev import ROOT, Dev


def commands() -> str:
    (block,) = re.findall(r"## See it work\n.*?```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return str(block)


@pytest.mark.timeout(300)
def test_the_commands_of_the_readme_work_as_written(dev: Dev) -> None:
    environment = dev.environment | {"KEY": dev.api_key, "SITE": dev.url}
    ran = subprocess.run(["sh", "-eu"], input=commands(), cwd=dev.folder, env=environment, text=True, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert '"created": 20000' in ran.stdout or '"created": 19940' in ran.stdout
    assert "stock.import" in ran.stdout
    assert "succeeded: 7" in ran.stdout
