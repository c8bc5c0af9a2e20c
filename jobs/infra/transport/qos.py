"""What a channel was handed and has not settled. Redis knows it already when a message arrives here."""

from typing import Any

from kombu.transport import virtual

from jobs.infra.transport import activity


class QoS(virtual.QoS):
    """Acknowledging frees the slot first and never raises; Redis hears of it in a batch."""

    def ack(self, delivery_tag: str) -> None:
        self._free(delivery_tag)
        self.channel.lease.done(int(delivery_tag))

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        self._free(delivery_tag)
        if requeue:
            self.channel.lease.requeue(int(delivery_tag))
        else:
            self.channel.lease.done(int(delivery_tag))

    def _free(self, delivery_tag: str) -> None:
        super().ack(delivery_tag)
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
