"""The rule of the circuit breaker."""

from datetime import UTC, datetime, timedelta

from jobs.core.breaker import Breaker, Circuit, Phase

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULE = Breaker(threshold=3, cooldown=timedelta(seconds=10), longest=timedelta(seconds=60))


def _failed(times: int, circuit: Circuit | None = None) -> Circuit:
    circuit = circuit or Circuit()
    for _ in range(times):
        circuit = RULE.failed(circuit, NOW)
    return circuit


def test_it_opens_at_so_many_failures_in_a_row() -> None:
    assert _failed(2).phase(NOW) is Phase.CLOSED
    assert _failed(3).phase(NOW) is Phase.OPEN
    assert _failed(3).until == NOW + timedelta(seconds=10)


def test_after_the_cooldown_one_may_try() -> None:
    assert _failed(3).phase(NOW + timedelta(seconds=9.9)) is Phase.OPEN
    assert _failed(3).phase(NOW + timedelta(seconds=10)) is Phase.HALF_OPEN


def test_a_canary_that_fails_opens_it_for_twice_as_long_and_never_for_longer_than_the_longest() -> None:
    circuit, pauses = _failed(3), []
    for _ in range(40):
        assert circuit.until
        now = circuit.until
        circuit = RULE.failed(circuit, now)
        assert circuit.until
        pauses.append((circuit.until - now).total_seconds())
    assert pauses[:4] == [20, 40, 60, 60]
    assert set(pauses[3:]) == {60}


def test_failures_of_those_that_set_out_before_it_opened_change_nothing() -> None:
    assert _failed(30) == _failed(3)
