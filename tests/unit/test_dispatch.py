"""Which messages travel together to the pool, and in which order."""

from types import SimpleNamespace
from typing import Any

import pytest

from jobs.worker.dispatch import MOST, Dispatcher
from tests.support import sample_jobs


class Pool:
    """Takes what it is given and never ends it."""

    def __init__(self, processes: int) -> None:
        self.num_processes = processes
        self.given: list[list[str]] = []

    def apply_async(self, target: Any, args: Any, **options: Any) -> None:
        self.given.append([message[1] for message in args])


def _request(
    id: str, name: str = "quick.one", priority: int = 6, redelivered: bool = False, soft: float = 300.0, queue: str = "default"
) -> Any:
    info = {"priority": priority, "redelivered": redelivered, "routing_key": queue}
    content = {"_type": name, "_request_dict": {}, "_payload": [[], {}, {}]}
    task = SimpleNamespace(soft_time_limit=None, time_limit=None)
    channel = SimpleNamespace(qos=SimpleNamespace(bundled=lambda tag: None), lease=SimpleNamespace(has=lambda tag: tag != "elsewhere"))
    message = SimpleNamespace(channel=channel, delivery_tag=id)
    return SimpleNamespace(
        message=message, id=id, name=name, delivery_info=info, time_limits=[soft + 10, soft], revoked=lambda: False, task=task, **content
    )


def _given(requests: list[Any], processes: int = 1, seen: float = 0.0001, order: tuple[str, ...] = ()) -> list[list[str]]:
    pool = Pool(processes)
    dispatcher = Dispatcher(pool, order=order)
    dispatcher.pace.saw("quick.one", seen)
    for request in requests:
        dispatcher.add(request)
    dispatcher.flush()
    return pool.given


class Gone(SimpleNamespace):
    """A request that can be told what Celery's are told."""

    __hash__ = object.__hash__

    def acknowledge(self) -> None:
        self.acknowledged = True


def test_what_went_elsewhere_while_this_process_slept_does_not_start() -> None:
    gone = Gone(**vars(_request("elsewhere")))
    assert _given([gone, _request("here")]) == [["here"]]
    assert gone.acknowledged


def test_short_jobs_travel_together() -> None:
    assert _given([_request(str(n)) for n in range(5)]) == [["0", "1", "2", "3", "4"]]


def test_a_bundle_has_a_ceiling() -> None:
    assert [len(bundle) for bundle in _given([_request(str(n)) for n in range(100)])] == [MOST]


def test_the_slots_share_what_waits() -> None:
    assert _given([_request(str(n)) for n in range(4)], processes=2, seen=0.004) == [["0", "1"], ["2", "3"]]


def test_what_is_done_in_a_moment_is_not_divided() -> None:
    assert _given([_request(str(n)) for n in range(4)], processes=2) == [["0", "1", "2", "3"]]


def test_a_type_that_takes_its_time_travels_alone() -> None:
    assert _given([_request("a"), _request("b")], seen=1.0) == [["a"]]


@pytest.mark.parametrize("odd", [{"redelivered": True}, {"name": "never.seen"}, {"soft": 1.0}])
def test_a_message_with_a_past_an_unknown_type_and_a_tight_limit_travel_alone(odd: dict[str, Any]) -> None:
    assert _given([_request("odd", **odd), _request("b")]) == [["odd"]]
    assert _given([_request("a"), _request("odd", **odd), _request("b")]) == [["a", "b"]]


def test_the_most_urgent_goes_first() -> None:
    assert _given([_request("usual", priority=6), _request("urgent", priority=0)]) == [["urgent"]]


def test_a_batch_type_travels_with_its_own_kind_up_to_its_size() -> None:
    name = sample_jobs.add_up.type.name
    mixed = [_request(f"{n}", name if n % 2 else "quick.one") for n in range(60)]
    given = _given(mixed, processes=8, seen=0.001)
    assert given[0] == [str(n) for n in range(0, 16, 2)]
    assert given[1] == [str(n) for n in range(1, 33, 2)]


@pytest.mark.parametrize(("order", "first"), [((), "urgent"), (("checkout", "default"), "checkout")])
def test_a_strict_order_of_queues_comes_before_priorities(order: tuple[str, ...], first: str) -> None:
    requests = [
        _request("other", priority=0, queue="other"),
        _request("urgent", priority=0, queue="default"),
        _request("checkout", priority=11, queue="checkout"),
    ]
    given = _given(requests[1:] + requests[:1], seen=1.0, order=order)
    assert given == [[first]]
