"""The admins' view of seats. What changes a seat goes through its job, never through a form."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from reservations.models import (
    Booking,
    DoubleEntry,
    Entry,
    Extra,
    ExtraLine,
    Hold,
    Letter,
    RoomPace,
    RoomPlace,
    SeatMap,
    Show,
    ShowSeat,
    SigningKey,
    Ticket,
    TicketDocument,
    Venue,
    WaitingEntry,
    Zone,
)
from reservations.services import shows


class ReadOnly(ModelAdmin):
    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


class ZoneInline(TabularInline):
    """Changed at the desk of the show, where who holds a seat keeps the price that they saw."""

    model = Zone
    extra = 0
    can_delete = False
    fields = readonly_fields = ("name", "price", "colour")

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False


class ExtraInline(TabularInline):
    model = Extra
    extra = 0
    can_delete = False
    autocomplete_fields = ("product",)


class ExtraLineInline(TabularInline):
    model = ExtraLine
    extra = 0
    can_delete = False
    fields = readonly_fields = ("extra", "quantity", "price", "cancelled_at")


class TicketInline(TabularInline):
    model = Ticket
    extra = 0
    can_delete = False
    fields = readonly_fields = ("show_seat", "price", "issued_at", "cancelled_at")


@admin.register(Venue)
class VenueAdmin(ModelAdmin):
    list_display = ("name", "city", "tenant")
    search_fields = ("name", "city")


@admin.register(SeatMap)
class SeatMapAdmin(ReadOnly):
    list_display = ("name", "version", "venue", "frozen_at")
    list_filter = ("venue",)


@admin.register(Show)
class ShowAdmin(ModelAdmin):
    list_display = ("name", "starts_at", "state", "on_sale_from", "on_sale_until")
    list_filter = ("state", "tenant")
    search_fields = ("name",)
    readonly_fields = ("tenant", "map", "state", "currency")
    inlines = (ZoneInline, ExtraInline)

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Show | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state != Show.State.CANCELLED)

    def save_model(self, request: HttpRequest, obj: Show, form: Any, change: bool) -> None:
        """As the desk does."""
        shows.change(obj, **{name: form.cleaned_data[name] for name in form.changed_data})


@admin.register(Hold)
class HoldAdmin(ReadOnly):
    list_display = ("id", "show", "buyer", "state", "expires_at")
    list_filter = ("state",)


@admin.register(Booking)
class BookingAdmin(ReadOnly):
    list_display = ("number", "show", "name", "email", "total", "state", "booked_at")
    list_filter = ("state",)
    search_fields = ("number", "name", "email")
    inlines = (TicketInline, ExtraLineInline)


@admin.register(Letter)
class LetterAdmin(ReadOnly):
    list_display = ("subject", "to", "queued_at", "sent_at")
    search_fields = ("to", "reference")


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ("ticket", "at", "door", "by")


@admin.register(DoubleEntry)
class DoubleEntryAdmin(ReadOnly):
    list_display = ("ticket", "at", "door", "void")


@admin.register(WaitingEntry)
class WaitingEntryAdmin(ReadOnly):
    list_display = ("name", "show", "size", "state", "joined_at")
    list_filter = ("state",)


@admin.register(ShowSeat)
class ShowSeatAdmin(ReadOnly):
    list_display = ("id", "show", "seat", "zone", "state", "hold", "held_until", "reason")
    list_filter = ("state", "show")
    list_select_related = ("show", "seat", "zone", "hold")
    show_full_result_count = False


@admin.register(Ticket)
class TicketAdmin(ReadOnly):
    list_display = ("short", "booking", "show_seat", "price", "issued_at", "cancelled_at")
    search_fields = ("booking__number", "booking__name", "booking__email")
    list_select_related = ("booking", "show_seat")


@admin.register(TicketDocument)
class TicketDocumentAdmin(ReadOnly):
    list_display = ("booking", "revision", "made_at")
    search_fields = ("booking__number",)
    list_select_related = ("booking",)
    exclude = ("pdf",)


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnly):
    list_display = ("id", "made_at")
    exclude = ("public",)


@admin.register(RoomPlace)
class RoomPlaceAdmin(ReadOnly):
    list_display = ("visitor", "show", "turn", "arrived_at", "seen_at", "admitted_at", "until")
    list_filter = ("show",)
    list_select_related = ("show",)


@admin.register(RoomPace)
class RoomPaceAdmin(ReadOnly):
    list_display = ("show", "rate", "owed", "at")
    list_select_related = ("show",)
