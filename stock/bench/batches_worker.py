"""Included by the benchmark's worker that reserves as the shop does: importing it puts a stopwatch around that."""

from stock.bench import stopwatch

stopwatch.install()
