"""The pages of seats."""

from django.urls import path

from reservations.web import bookings, checkout, halls, selling, shows, tickets, waiting_list

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
    path("staff/", halls.index, name="staff-seats"),
    path("staff/venues/", halls.venue, name="venue-new"),
    path("staff/halls/new/", halls.new, name="hall-new"),
    path("staff/halls/save/", halls.save, name="hall-save"),
    path("staff/halls/generate/", halls.generate, name="hall-generate"),
    path("staff/halls/import/", halls.bring_in, name="hall-import"),
    path("staff/halls/<int:map_id>/", halls.edit, name="hall"),
    path("staff/halls/<int:map_id>/plan.json", halls.take_out, name="hall-export"),
    path("staff/halls/<int:map_id>/show/", selling.new, name="show-new"),
    path("staff/shows/<int:show_id>/", selling.desk, name="selling"),
    path("staff/shows/<int:show_id>/plan.json", selling.plan, name="selling-plan"),
    path("staff/shows/<int:show_id>/zones/", selling.add_zone, name="selling-zone"),
    path("staff/shows/<int:show_id>/paint/", selling.paint, name="selling-paint"),
    path("staff/shows/<int:show_id>/keep/", selling.keep, name="selling-keep"),
    path("staff/shows/<int:show_id>/free/", selling.free_hold, name="selling-free-hold"),
    path("staff/shows/<int:show_id>/publish/", selling.publish, name="selling-publish"),
]
