"""Stock management as a Django app."""

from django.apps import AppConfig

from jobs.web.links import Link


class StockConfig(AppConfig):
    name = "stock"
    verbose_name = "Stock"
    site_links = (
        Link("shop", "Shop", "What is for sale, and how much is left of it this moment."),
        Link("cart", "Cart", "What you are about to reserve."),
        Link("reservations", "My reservations", "What is kept for you, and for how long."),
        Link("desk", "Warehouse", "What needs doing: receive, order, count, replenish, report.", frozenset({"clerk", "manager"})),
    )
