"""What is sold, where it lies, how much of it there is, and the price lists that say so."""

from stock.models.level import Level, Location
from stock.models.product import Product
from stock.models.upload import Problem, Upload

__all__ = ["Level", "Location", "Problem", "Product", "Upload"]
