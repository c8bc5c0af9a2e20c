"""Durations in words for people."""


def spoken(value: float | None) -> str:
    """Seconds: a dash for none, `4 ms`, `1.2 s`, `3 min`, `2.5 h`."""
    if value is None:
        return "–"
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if value >= 2 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} s" if value >= 1 or value == 0 else f"{value * 1000:.3g} ms"
