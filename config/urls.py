"""Which app answers what. The API is one, so its parts are joined here, above them all."""

from django.contrib import admin
from django.urls import include, path

from jobs.urls import api
from reservations.api import bookings, door, extras, shows, staff, waiting_list, waiting_room
from stock.api import audit, imports, orders, papers, places, products, proposals, report, reservations, stocktakes, warehouse

api.add_router("", imports.router)
api.add_router("", shows.router)
api.add_router("", bookings.router)
api.add_router("", waiting_list.router)
api.add_router("", waiting_room.router)
api.add_router("", extras.router)
api.add_router("", staff.router)
api.add_router("", door.router)
api.add_router("", reservations.router)
api.add_router("", warehouse.router)
api.add_router("", audit.router)
api.add_router("", orders.router)
api.add_router("", places.router)
api.add_router("", report.router)
api.add_router("", papers.router)
api.add_router("", proposals.router)
api.add_router("", products.router)
api.add_router("", stocktakes.router)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("shows/", include("reservations.urls")),
    path("stock/", include("stock.urls")),
    path("", include("jobs.urls")),
]
