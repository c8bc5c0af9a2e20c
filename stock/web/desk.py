"""Where the staff begin: what needs doing, and every room."""

from django.http import HttpRequest, HttpResponse

from jobs.services import tenants
from stock.queries import todo
from stock.web import rooms, staff


@staff.for_clerks
def start(request: HttpRequest) -> HttpResponse:
    return staff.page(request, "desk", {"todos": todo.of(tenants.of_user(request.user)), "rooms": rooms.of(request.user)[1:]})
