"""Seat reservation as a Django app."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from jobs.web.links import Link


class ReservationsConfig(AppConfig):
    name = "reservations"
    verbose_name = "Seats"
    site_links = (
        Link("shows", "Shows", "Pick seats on a map that moves as others do, or let the best be picked for you.", public=True),
        Link("bookings", "My bookings", "The shows that you have seats for.", public=True),
        Link("staff-seats", "Box office", "Build halls, price and steer sales.", frozenset({"boxoffice"})),
    )

    def ready(self) -> None:
        user_logged_in.connect(claim, dispatch_uid="seats.claim")


def claim(sender: object, request: HttpRequest | None, user: object, **told: object) -> None:
    """Who signs in takes along what they held and booked as a guest."""
    from reservations.queries.buyers import visitor_of
    from reservations.services import claiming

    if request is not None and (visitor := visitor_of(request)):
        claiming.claim(visitor, user)
