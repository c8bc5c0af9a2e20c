"""Seat reservation as a Django app."""

from django.apps import AppConfig

from jobs.web.links import Link


class ReservationsConfig(AppConfig):
    name = "reservations"
    verbose_name = "Seats"
    site_links = (
        Link("shows", "Shows", "Pick seats on a map that moves as others do, or let the best be picked for you."),
        Link("bookings", "My bookings", "The shows that you have seats for."),
    )
