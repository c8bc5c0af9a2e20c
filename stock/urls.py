"""The pages of stock: the shop, and the warehouse."""

from django.urls import path

from stock import views
from stock.web import cart, reservations, shop, warehouse

urlpatterns = [
    path("products/", views.products, name="products"),
    path("import/", views.import_list, name="import"),
    path("receive/", warehouse.receive, name="receive"),
    path("transfer/", warehouse.transfer, name="transfer"),
    path("ledger/", warehouse.ledger, name="ledger"),
    path("shop/", shop.catalogue, name="shop"),
    path("shop/product/<path:sku>/", shop.product, name="product"),
    path("shop/cart/", cart.show, name="cart"),
    path("shop/cart/put/<path:sku>/", cart.put, name="cart-put"),
    path("shop/reserve/", reservations.reserve, name="reserve"),
    path("shop/reserving/<uuid:job_id>/", reservations.reserving, name="reserving"),
    path("shop/reservations/", reservations.mine, name="reservations"),
    path("shop/reservations/<uuid:id>/", reservations.reservation, name="reservation"),
    path("shop/reservations/<uuid:id>/confirm/", reservations.settle, {"verb": "confirm"}, name="reservation-confirm"),
    path("shop/reservations/<uuid:id>/extend/", reservations.settle, {"verb": "extend"}, name="reservation-extend"),
    path("shop/reservations/<uuid:id>/release/", reservations.settle, {"verb": "release"}, name="reservation-release"),
]
