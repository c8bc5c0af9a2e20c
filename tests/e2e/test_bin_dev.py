"""One command: it starts all, says where it is, and leaves nothing behind."""

import signal
import tempfile

import pytest

from tests.support.dev import PATIENCE, Dev, copied, until


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_one_command_starts_everything_and_a_signal_leaves_no_process(dev: Dev, sign: signal.Signals) -> None:
    assert f"http://localhost:{dev.port}/api/docs" in dev.said()
    assert dev.api_key

    with tempfile.TemporaryFile("w+") as heard:
        assert dev.run(heard).wait(PATIENCE) == 1
        heard.seek(0)
        assert "it is running already in this folder" in heard.read()

    dev.process.send_signal(sign)
    assert dev.process.wait(PATIENCE) == 0, dev.said()
    until(lambda: not dev.left(), 10)


def test_after_a_kill_the_next_start_works_and_its_end_leaves_no_process(dev: Dev) -> None:
    dev.process.kill()
    dev.process.wait(PATIENCE)
    # PostgreSQL outlives a kill, and the next start takes it over.
    until(lambda: set(dev.left()) <= {"postgres"})

    dev.start()
    until(dev.ready)
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(PATIENCE) == 0, dev.said()
    until(lambda: not dev.left(), 10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("PORT", "eighty"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence(name: str, value: str) -> None:
    with copied() as folder:
        dev = Dev(folder, {name: value})
        assert dev.process.wait(PATIENCE) == 1
        sentences = [line for line in dev.said().splitlines() if not line.startswith("Installing")]
        assert len(sentences) == 1, dev.said()
        assert sentences[0].startswith("bin/dev: ")
        assert name in sentences[0]
        until(lambda: not dev.left(), 10)
