"""The pages of stock."""

from django.urls import path

from stock import views

urlpatterns = [
    path("products/", views.products, name="products"),
    path("import/", views.import_list, name="import"),
]
