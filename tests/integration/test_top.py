"""`manage.py top` in a real terminal (pty), as a person sees it and leaves it."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from jobs.infra import alive
from jobs.infra.redis import client
from jobs.models import Tenant
from tests.support.terminals import Terminal, terminal

JOBS = 40
LONG = "a-very-long-worker-name-7d9f8c6b5d-x2vqz@conveyor-worker-7d9f8c6b5d"
LEFT = b"\x1b[?25h\x1b[?1049l"


@pytest.fixture
def busy(transactional_db: None) -> Iterator[None]:
    """Workers that are there for as long as the test is, one with a long name; their jobs run for a minute, an hour more, and so on."""
    client().flushdb()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    over = threading.Event()

    def live() -> None:
        while not over.wait(1):
            _signs_of_life()

    _signs_of_life()
    living = threading.Thread(target=live)
    living.start()
    yield
    over.set()
    living.join()


def _signs_of_life() -> None:
    same = {"pool": "prefork", "queues": ["checkout", "default", "bulk"], "processes": 2, "memory": 1.5e9, "performed": 1234567}
    for worker in range(JOBS // 2):
        running = [
            {"id": f"job-{n:02}", "type": "stock.replenish", "since": time.time() - n * 3600 - 60} for n in (2 * worker, 2 * worker + 1)
        ]
        alive.tell(alive.WORKER, LONG if worker == 0 else f"w{worker}@here", same | {"running": running})


def fits(opened: Terminal, columns: int, rows: int) -> str:
    """The whole picture is on the screen: its first line and its last, all columns, none torn."""
    text = opened.until(lambda text: "Conveyor" in text.split("\n")[0] and text.rstrip().endswith("scroll"))
    lines = text.rstrip().split("\n")
    assert len(lines) <= rows
    assert max(map(len, lines)) <= columns
    for titles in (("queue", "ready", "oldest", "workers", "state"), ("pool", "busy", "performed", "memory", "queues"), ("for", "type")):
        assert [line for line in lines if all(title in line.split() for title in titles)], text
    assert "1,234,567  1500 MB" in text
    return text


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 40)])
def test_the_picture_fits_the_terminal(busy: None, columns: int, rows: int) -> None:
    with terminal(columns, rows) as opened:
        opened.run("manage.py", "top", "--every", "0.5")
        text = fits(opened, columns, rows)
        assert f"of {JOBS // 2})" in text
        # What runs longest comes first.
        assert "job-39" in text
        assert "1 day, 15:01:" in text
        opened.press(b"q")
        assert opened.ended() == 0
        assert opened.is_as_before
        assert opened.raw.endswith(LEFT)


def test_it_scrolls_and_follows_a_new_size(busy: None) -> None:
    with terminal(80, 24) as opened:
        # So long between two pictures that what changes is drawn for the key or the size.
        opened.run("manage.py", "top", "--every", "600")
        fits(opened, 80, 24)
        opened.press(b"jjjj\x1b[B")
        opened.until(lambda text: "running (6 to " in text)
        opened.press(b"k")
        opened.until(lambda text: "running (5 to " in text)
        # Past the end it stays at the last one, and one key leads back.
        opened.press(b"j" * (JOBS + 20))
        opened.until(lambda text: f"running ({JOBS} to {JOBS} of {JOBS})" in text)
        opened.press(b"\x1b[A")
        opened.until(lambda text: f"running ({JOBS - 1} to {JOBS} of {JOBS})" in text)
        opened.resize(140, 40)
        opened.until(lambda text: LONG[:60] in text)
        fits(opened, 140, 40)


@pytest.mark.parametrize(
    ("leave", "code"),
    [(lambda t: t.press(b"\x03"), 0), (lambda t: t.process.terminate(), 143)],
    ids=["ctrl-c", "SIGTERM"],
)
def test_however_it_ends_the_terminal_is_as_before(busy: None, leave: Callable[[Terminal], None], code: int) -> None:
    with terminal() as opened:
        opened.run("manage.py", "top")
        fits(opened, 80, 24)
        assert not opened.is_as_before
        leave(opened)
        assert opened.ended() == code
        assert opened.is_as_before
        assert opened.raw.endswith(LEFT)


def test_without_redis_it_says_so_and_stays(busy: None) -> None:
    with terminal() as opened:
        opened.run("manage.py", "top", "--every", "0.2", REDIS_URL="redis://127.0.0.1:1/0")
        text = opened.until(lambda text: "No figures" in text)
        assert "Connection refused" in text.replace("\n", " ")
        assert "tried again" in text
        assert "Traceback" not in text
        opened.press(b"q")
        assert opened.ended() == 0
        assert opened.is_as_before


def test_without_a_terminal_it_says_what_to_do(busy: None) -> None:
    with terminal() as opened:
        opened.run("-c", "import subprocess, sys; subprocess.run([sys.executable, 'manage.py', 'top'], stdin=subprocess.DEVNULL)")
        opened.until(lambda text: "use --once" in text)
        opened.ended()
