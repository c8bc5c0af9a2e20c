"""Celery's Redis transport, ours: nothing exists only in a socket, leases instead of a visibility timeout, delay in Redis."""

import json
from functools import partial
from typing import Any

import kombu.transport
from kombu import serialization
from kombu.transport import redis as stock
from kombu.utils import json as kombu_json

from jobs.infra.transport import begun
from jobs.infra.transport.channel import WAIT, Channel, SentinelChannel
from jobs.infra.transport.poller import Poller

TYPED, PLAIN = json.JSONDecoder(object_hook=kombu_json.object_hook), json.JSONDecoder()


class Transport(stock.Transport):
    Channel = Channel
    brpop_timeout = WAIT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cycle = Poller()

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        super().register_with_event_loop(connection, loop)
        self.cycle.attach(loop)
        if watch := getattr(self.cycle, "watch", None):
            watch.cancel()
        self.cycle.watch = loop.call_repeatedly(1, self.cycle.maybe_check_brpop_health)


class SentinelTransport(Transport):
    Channel = SentinelChannel
    default_port = 26379


def install() -> None:
    """Serve redis://, rediss:// and sentinel:// with this transport; the URL stays what every tool understands."""
    aliases = kombu.transport.TRANSPORT_ALIASES
    aliases["redis"] = aliases["rediss"] = "jobs.infra.transport:Transport"
    aliases["sentinel"] = "jobs.infra.transport:SentinelTransport"
    begun.listen()
    # Kombu's JSON with decoders that are made once, and its hook called where there is something for it.
    serialization.register("json", kombu_json.dumps, partial(kombu_json.loads, _loads=_decoded), "application/json", "utf-8")


def _decoded(text: str, object_hook: Any) -> Any:
    return (TYPED if "__type__" in text else PLAIN).decode(text)
