"""Storms: many clients after one product, through the real web server and worker; what starts, asks, watches and counts."""
