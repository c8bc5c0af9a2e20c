"""A chore that takes long runs beside beat's clock, and never twice at once."""

import threading

from jobs.worker.aside import Aside


def test_the_clock_goes_on_while_the_chore_runs_and_does_not_start_it_again() -> None:
    began, let_go, times = threading.Event(), threading.Event(), list[int]()

    def verify() -> int:
        times.append(1)
        began.set()
        assert let_go.wait(20)
        return 0

    chore = Aside(verify)
    assert (chore(), began.wait(20), chore(), chore.__name__) == (1, True, 0, "verify")
    let_go.set()
    chore.join()
    assert chore() == 1
    chore.join()
    assert len(times) == 2


def test_a_chore_that_fails_is_done_again_at_its_next_time() -> None:
    times = list[int]()

    def fail() -> int:
        times.append(1)
        raise ValueError("no database")

    chore = Aside(fail)
    for _ in range(2):
        assert chore() == 1
        chore.join()
    assert len(times) == 2
