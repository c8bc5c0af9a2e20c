"""The page of the people at the door. With scripts it goes on without a network; without, each code is a form."""

import uuid

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from reservations.models import DoubleEntry
from reservations.queries import door as queries
from reservations.queries import seating
from reservations.services import door as service
from reservations.services.door import Scan
from reservations.web.access import at_the_door
from reservations.web.shows import the_show


@at_the_door
@require_http_methods(["GET", "POST"])
def door(request: HttpRequest, show_id: int) -> HttpResponse:
    """Scan or type a code; the answer is large."""
    show = the_show(request, show_id)
    answer = None
    if request.method == "POST":
        code = request.POST.get("code", "")[:300]
        answer = service.check_in(show, Scan(code, str(uuid.uuid4()), door=request.POST.get("door", "")[:60], user=request.user.pk))
    doubles = DoubleEntry.objects.filter(ticket__booking__show=show).select_related(
        "ticket__booking", *(f"ticket__{n}" for n in seating.WITH_PLACE)
    )
    told = [{"row": d, "where": seating.in_words(seating.described(d.ticket.show_seat))} for d in doubles[:50]]
    return render(request, "seats/door.html", {"show": show, "answer": answer, "counts": queries.counts_of(show), "doubles": told})


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker that keeps the door's page, served from where it may rule over it."""
    found = finders.find("seats/door-worker.js")
    if not found:
        raise Http404("There is no worker.")
    with open(found, "rb") as file:
        return HttpResponse(
            file.read(), content_type="text/javascript", headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/shows/"}
        )
