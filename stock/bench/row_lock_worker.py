"""Included by the benchmark's worker that reserves by row locks: importing it is what changes that process, and no other."""

from stock.bench import row_lock, stopwatch

row_lock.install()
stopwatch.install()
