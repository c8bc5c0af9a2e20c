"""What the chaos tests tried and what it came to: printed at the end of the run."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Row(NamedTuple):
    fault: str
    jobs: int
    lost: int
    repeated: int


rows: list[Row] = []


def tell(fault: str, jobs: Iterable[str], ended: Counter[str]) -> Row:
    """Note how these jobs ended under that fault: lost is what never ended, repeated what ended more than once."""
    names = set(jobs)
    row = Row(fault, len(names), sum(not ended[name] for name in names), sum(ended[name] > 1 for name in names))
    rows.append(row)
    return row


def lines() -> list[str]:
    heads = ("fault", "jobs run", "lost", "finished and repeated")
    width = max([len(heads[0]), *(len(row.fault) for row in rows)])
    told = [heads, *rows]
    return [f"{fault:<{width}}  {jobs!s:>8}  {lost!s:>4}  {repeated!s:>21}" for fault, jobs, lost, repeated in told]
