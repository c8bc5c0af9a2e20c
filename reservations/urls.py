"""The pages of seats."""

from django.urls import path

from reservations import views
from reservations.web import tickets

urlpatterns = [
    path("", views.index, name="shows"),
    path("<int:show_id>/", views.show, name="show"),
    path("<int:show_id>/hold/", views.hold, name="show-hold"),
    path("holds/<uuid:hold_id>/", views.held, name="hold"),
    path("holds/<uuid:hold_id>/<str:verb>/", views.settle, name="hold-settle"),
    path("bookings/", views.bookings, name="bookings"),
    path("bookings/<uuid:booking_id>/", views.booking, name="booking"),
    path("bookings/<uuid:booking_id>/tickets.pdf", tickets.pdf, name="booking-pdf"),
    path("bookings/<uuid:booking_id>/calendar.ics", tickets.calendar, name="booking-calendar"),
    path("bookings/<uuid:booking_id>/wallet/", tickets.wallet, name="booking-wallet"),
    path("tickets/<uuid:ticket_id>/", tickets.ticket, name="ticket"),
]
