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
        Link("receive", "Warehouse", "Receive, transfer, order, and look into the ledger at any moment. For clerks."),
        Link("products", "Products", "What is sold, at what price, and how much of it lies where."),
        Link("import", "Import", "Bring a supplier's price list in: a CSV file, checked line by line."),
    )
