"""Included by the benchmark's worker that reserves by row locks: importing it is what changes that process, and no other."""

from stock.bench import row_lock

row_lock.install()
