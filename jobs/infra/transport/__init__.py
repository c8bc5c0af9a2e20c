"""Celery's Redis transport, ours: nothing exists only in a socket, leases instead of a visibility timeout, delay in Redis."""

from typing import Any

import kombu.transport
from kombu.transport import redis as stock

from jobs.infra.transport.channel import Channel

# A fetch or a wait that is answered later than this has lost its connection.
OVERDUE = 3.0


class Transport(stock.Transport):
    Channel = Channel

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        super().register_with_event_loop(connection, loop)
        if watch := getattr(self.cycle, "watch", None):
            watch.cancel()
        self.cycle.watch = loop.call_repeatedly(1, self.cycle.maybe_check_brpop_health)


def install() -> None:
    """Serve redis:// and rediss:// with this transport; the URL stays what every tool understands."""
    for scheme in ("redis", "rediss"):
        kombu.transport.TRANSPORT_ALIASES[scheme] = "jobs.infra.transport:Transport"
