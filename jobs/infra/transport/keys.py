"""The transport's names in Redis, in one place.

<queue>                     the most urgent messages; what stock and foreign clients write     list, pushed left, taken right
<queue>\\x06\\x16<step>         the other steps, 1 to 11; a higher step is less urgent             list
<queue>:wake                a token for each new message; losing one costs a moment, never a message   list
conveyor:delayed            messages with a due time: ready list, line feed, message           sorted set, score = ms since 1970
conveyor:paused             list of a paused queue -> who paused it and why (JSON)             hash
conveyor:consumers          who consumes; score = end of the lease in ms                       sorted set
conveyor:pending:<consumer> number -> ready list, line feed, message                           hash
conveyor:deliveries         SHA-1 of a restored message -> how many processes died with it     hash
                            <pending hash>:<number> of one that has begun since -> 1
All stand behind the prefix of the installation.
"""

from dataclasses import dataclass

SEPARATOR = "\x06\x16"
STEPS = tuple(range(12))
DEAD_LETTER = "dead_letter"
WAKE_TOKENS = 64
# Kombu's name for an order of queues that nothing rotates.
STRICT = "priority"
MOST_URGENT = 10


def step_of(priority: int) -> int:
    """The list of a priority 0..10, 10 the most urgent.

    Step 1 stays empty, so that the default priority 5 is step 6: a stock worker, which reads steps 0, 3, 6 and 9, serves it.
    """
    return 0 if priority == MOST_URGENT else MOST_URGENT + 1 - priority


@dataclass(frozen=True, slots=True)
class Keys:
    prefix: str = ""

    def ready(self, queue: str, step: int = 0) -> str:
        return f"{self.prefix}{queue}{SEPARATOR}{step}" if step else f"{self.prefix}{queue}"

    def wake(self, queue: str) -> str:
        return f"{self.prefix}{queue}:wake"

    def queue(self, ready: str) -> str:
        """The queue of a ready list."""
        return ready.removeprefix(self.prefix).split(SEPARATOR, 1)[0]

    def pending(self, consumer: str) -> str:
        return f"{self.prefix}conveyor:pending:{consumer}"

    @property
    def delayed(self) -> str:
        return f"{self.prefix}conveyor:delayed"

    @property
    def paused(self) -> str:
        return f"{self.prefix}conveyor:paused"

    @property
    def consumers(self) -> str:
        return f"{self.prefix}conveyor:consumers"

    @property
    def deliveries(self) -> str:
        return f"{self.prefix}conveyor:deliveries"
