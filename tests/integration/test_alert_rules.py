"""The rules for Prometheus, judged by its own tool."""

import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"


@pytest.mark.parametrize(
    "words", [("check", "rules", "rules.yml"), ("test", "rules", "rules_test.yml"), ("check", "config", "--syntax-only", "prometheus.yml")]
)
def test_promtool_finds_nothing_wrong(words: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *words], cwd=FOLDER, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
