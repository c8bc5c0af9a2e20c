"""The platform's own jobs."""

from jobs.declare import JobContext, Payload, job


class Nothing(Payload):
    number: int = 0


@job("platform.nothing")
def nothing(ctx: JobContext, payload: Nothing) -> int:
    """Do nothing: to try an installation, or to measure it."""
    return payload.number
