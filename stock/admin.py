"""The admins' view of stock."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from stock.models import Level, Location, Product, Upload


class LevelInline(TabularInline):
    model = Level
    extra = 0
    readonly_fields = ("reserved",)


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    list_display = ("sku", "name", "price", "updated_at")
    search_fields = ("sku", "name")
    list_filter = ("tenant",)
    inlines = (LevelInline,)


@admin.register(Location)
class LocationAdmin(ModelAdmin):
    list_display = ("name", "tenant")


@admin.register(Upload)
class UploadAdmin(ModelAdmin):
    list_display = ("name", "tenant", "uploaded_by", "uploaded_at")

    def has_add_permission(self, request: object) -> bool:
        return False
