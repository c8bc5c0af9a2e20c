"""Reads for a page or an endpoint."""
