"""Counting durations in buckets, and what can be said of them afterwards."""

from collections.abc import Mapping

# What is counted of jobs that PostgreSQL knew and Redis did not, and that were published again.
RECONCILED = "reconciled"
# Seconds; bucket n holds what is below BOUNDS[n] and not below the one before, the last is open.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The duration below which that share of the counted lies, in seconds, straight between a bucket's bounds; None of nothing."""
    total = sum(counts.values())
    if not total:
        return None
    wanted, below = share * total, 0
    for bucket in sorted(counts):
        if below + counts[bucket] >= wanted:
            low = BOUNDS[bucket - 1] if bucket else 0.0
            high = BOUNDS[bucket] if bucket < len(BOUNDS) else BOUNDS[-1]
            # Rounding may not carry it past the bound.
            return min(high, low + (high - low) * (wanted - below) / counts[bucket])
        below += counts[bucket]
    return BOUNDS[-1]


def mean(counts: Mapping[int, int]) -> float | None:
    """About how long one took, in seconds: each is taken to lie in the middle of its bucket; None of nothing."""
    total = sum(counts.values())
    if not total:
        return None
    middles = [(low + high) / 2 for low, high in zip((0.0, *BOUNDS), (*BOUNDS, BOUNDS[-1]), strict=True)]
    return sum(middles[bucket] * count for bucket, count in counts.items()) / total
