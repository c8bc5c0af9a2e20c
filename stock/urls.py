"""The pages of stock: the shop, and the warehouse."""

from django.urls import path

from stock import views
from stock.web import bulk, cart, documents, orders, products, replenish, reservations, shop, stocktakes, warehouse

urlpatterns = [
    path("products/", views.products, name="products"),
    path("products/new/", products.new, name="product-new"),
    path("products/low/", products.low, name="low"),
    path("products/edit/<path:sku>/", products.edit, name="product-edit"),
    path("products/image/<int:id>/", products.image, name="product-image"),
    path("import/", views.import_list, name="import"),
    path("receive/", warehouse.receive, name="receive"),
    path("transfer/", warehouse.transfer, name="transfer"),
    path("ledger/", warehouse.ledger, name="ledger"),
    path("orders/", orders.index, name="orders"),
    path("orders/new/", orders.new, name="order-new"),
    path("orders/<int:id>/", orders.order, name="order"),
    path("orders/<int:id>/line/", orders.line, name="order-line"),
    path("orders/<int:id>/send/", orders.send, name="order-send"),
    path("orders/<int:id>/cancel/", orders.cancel, name="order-cancel"),
    path("orders/<int:id>/receive/", orders.receive, name="order-receive"),
    path("replenish/", replenish.board, name="replenish"),
    path("replenish/propose/", replenish.propose, name="replenish-propose"),
    path("replenish/order/", replenish.order, name="replenish-order"),
    path("documents/", documents.index, name="documents"),
    path("documents/<uuid:id>/", documents.download, name="document"),
    path("bulk/", bulk.change, name="bulk"),
    path("stocktakes/", stocktakes.index, name="stocktakes"),
    path("stocktakes/<int:id>/", stocktakes.stocktake, name="stocktake"),
    path("stocktakes/<int:id>/count/", stocktakes.count, name="stocktake-count"),
    path("stocktakes/<int:id>/apply/", stocktakes.apply, name="stocktake-apply"),
    path("stocktakes/<int:id>/cancel/", stocktakes.cancel, name="stocktake-cancel"),
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
