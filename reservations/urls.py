"""The pages of seats."""

from django.urls import path

from reservations.web import bookings, checkout, shows, tickets, waiting_list

urlpatterns = [
    path("", shows.index, name="shows"),
    path("<int:show_id>/", shows.show, name="show"),
    path("<int:show_id>/list/", shows.seat_list, name="show-list"),
    path("<int:show_id>/plan.json", shows.plan, name="show-plan"),
    path("<int:show_id>/now.json", shows.now, name="show-now"),
    path("<int:show_id>/best.json", shows.best, name="show-best"),
    path("<int:show_id>/waiting/", waiting_list.waiting, name="waiting"),
    path("<int:show_id>/waiting/everyone/", waiting_list.everyone, name="waiting-list"),
    path("<int:show_id>/waiting/<uuid:entry_id>/leave/", waiting_list.leave, name="waiting-leave"),
    path("<int:show_id>/hold/", checkout.hold, name="show-hold"),
    path("holds/<uuid:hold_id>/", checkout.held, name="hold"),
    path("holds/<uuid:hold_id>/confirm/", checkout.confirm, name="hold-confirm"),
    path("holds/<uuid:hold_id>/<str:verb>/", checkout.settle, name="hold-settle"),
    path("bookings/", bookings.bookings, name="bookings"),
    path("bookings/<uuid:booking_id>/", bookings.booking, name="booking"),
    path("bookings/<uuid:booking_id>/exchange/", bookings.exchange, name="booking-exchange"),
    path("bookings/<uuid:booking_id>/tickets.pdf", tickets.pdf, name="booking-pdf"),
    path("bookings/<uuid:booking_id>/calendar.ics", tickets.calendar, name="booking-calendar"),
    path("bookings/<uuid:booking_id>/wallet/", tickets.wallet, name="booking-wallet"),
    path("tickets/<uuid:ticket_id>/", tickets.ticket, name="ticket"),
]
