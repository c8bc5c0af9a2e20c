"""Seats over HTTP."""
