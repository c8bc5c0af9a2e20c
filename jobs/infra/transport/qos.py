"""What a channel was handed and has not settled. Redis knows it already when a message arrives here."""

from time import monotonic
from typing import Any

from kombu.transport import virtual

from jobs.infra.transport import activity

# The credit is measured anew after so many seconds, and has a ceiling.
WINDOW = 0.1
CEILING = 512


class QoS(virtual.QoS):
    """Acknowledging frees the slot first and never raises; Redis hears of it in a batch.

    The prefetch count is where the credit starts. It grows with the pace of the acknowledgements, to what was settled in
    two windows: who works through short messages fetches many at once, who has long ones holds few.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._settled = self._recent = 0
        self._window_ends = 0.0

    def can_consume(self) -> bool:
        credit = self.can_consume_max_estimate()
        return credit is None or credit > 0

    def can_consume_max_estimate(self) -> int | None:
        if not self.prefetch_count:
            return None
        allowed = max(self.prefetch_count, min(CEILING, 2 * self._pace()))
        return max(0, allowed - (len(self._delivered) - len(self._dirty)))

    def _pace(self) -> int:
        """How many were settled in the last whole window."""
        now = monotonic()
        if now >= self._window_ends:
            late = now - self._window_ends
            self._recent = int(self._settled * WINDOW / (WINDOW + late)) if late < 10 * WINDOW else 0
            self._settled, self._window_ends = 0, now + WINDOW
        return self._recent

    def ack(self, delivery_tag: str) -> None:
        self._free(delivery_tag)
        self.channel.lease.done(int(delivery_tag))

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        self._free(delivery_tag)
        if requeue:
            self.channel.lease.requeue(int(delivery_tag))
        else:
            self.channel.lease.done(int(delivery_tag))

    def bundled(self, delivery_tag: str) -> None:
        """The message travels behind another: it takes no slot of its own."""
        super().ack(delivery_tag)

    def _free(self, delivery_tag: str) -> None:
        if delivery_tag in self._delivered and delivery_tag not in self._dirty:
            super().ack(delivery_tag)
        self._settled += 1
        if self.channel.connection is not None:
            self.channel.connection.cycle.wake()

    def restore_unacked(self, client: Any = None) -> list[Any]:
        """Everything unstarted goes back; what runs stays leased until it ends."""
        self._flush()
        started = activity.started()
        self.channel.lease.give_back(int(tag) for tag in self._delivered if tag not in started)
        self._delivered.clear()
        self.channel.lease.return_now()
        return []

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do: the lease's renewal returns what the dead held."""
