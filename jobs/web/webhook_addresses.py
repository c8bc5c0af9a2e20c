"""The addresses of the pages of webhooks, in any room."""

from django.urls import URLPattern, path

from jobs.web import webhooks
from jobs.web.ops.shell import View
from jobs.web.webhook_rooms import Room


def webhook_pages(room: Room, at: str) -> list[URLPattern]:
    def page(address: str, view: View, name: str) -> URLPattern:
        return path(at + address, room.guard(view), {"room": room}, name=name)

    return [
        page("", webhooks.index, room.webhooks),
        page("new", webhooks.new, room.new),
        page("<uuid:webhook_id>/", webhooks.page, room.webhook),
        page("<uuid:webhook_id>/<str:verb>", webhooks.steer, room.steer),
        page("deliveries/<int:number>/", webhooks.delivery, room.delivery),
        page("deliveries/<int:number>/redeliver", webhooks.redeliver, room.redeliver),
    ]
