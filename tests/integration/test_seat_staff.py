"""Building halls and steering sales on the site: who may, what is kept, what is refused."""

import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from jobs.infra import journal
from jobs.infra.redis import client
from jobs.models import Tenant
from jobs.services import tenants
from reservations.core import generator, pretix
from reservations.core.picker import Want
from reservations.models import Hold, SeatMap, Show, ShowSeat, Ticket, Venue, Zone
from reservations.queries import listing, plans
from reservations.services import bookings, holding, seat_maps, shows
from reservations.services.answers import Held
from tests.integration.test_openapi import conforms
from tests.support.halls import on_sale


@pytest.fixture
def venue(platform: None) -> Venue:
    return Venue.objects.create(tenant=Tenant.objects.get(slug="default"), name="House", time_zone="Europe/Berlin")


@pytest.fixture
def staff(platform: None, django_user_model: Any) -> Client:
    browser = Client()
    browser.force_login(django_user_model.objects.create_superuser("stella", "stella@example.com", "x"))
    return browser


def _said(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def _post(browser: Client, path: str, body: object) -> Any:
    return browser.post(path, body, content_type="application/json")


def _generated(staff: Client) -> dict[str, Any]:
    made: dict[str, Any] = _post(staff, "/shows/staff/halls/generate/", {"name": "Hall", "shape": "rows", "rows": 3, "seats": 6}).json()
    return made


def test_the_box_office_alone_comes_in(staff: Client, venue: Venue, django_user_model: Any) -> None:
    pages = ("/shows/staff/", f"/shows/staff/halls/new/?venue={venue.pk}")
    for page in pages:
        assert "/login/" in Client().get(page)["Location"]
        assert staff.get(page).status_code == 200
    buyer = Client()
    buyer.force_login(django_user_model.objects.create_user("bea"))
    helper = Client()
    helper.force_login(django_user_model.objects.create_user("hal", is_staff=True))
    clerk = django_user_model.objects.create_user("cleo")
    clerk.groups.add(Group.objects.get_or_create(name="boxoffice")[0])
    office = Client()
    office.force_login(clerk)
    assert office.get(pages[0]).status_code == 200
    assert "Box office" in _said(office.get("/shows/"))
    assert "Box office" not in _said(buyer.get("/shows/"))
    for browser in (buyer, helper):
        assert browser.get(pages[0]).status_code == 403
        assert _post(browser, "/shows/staff/halls/save/", {}).status_code == 403


def test_a_hall_is_generated_saved_replaced_and_versioned_once_a_show_uses_it(staff: Client, venue: Venue) -> None:
    drawing = _generated(staff)
    saved = _post(staff, "/shows/staff/halls/save/", {"venue": venue.pk, "map": None, "drawing": drawing}).json()
    assert (saved["version"], saved["replaced"]) == (1, False)
    drawing["sections"][0]["rows"][0]["seats"][0]["kind"] = "restricted"
    again = _post(staff, "/shows/staff/halls/save/", {"map": saved["map"], "drawing": drawing}).json()
    assert (again["map"], again["replaced"]) == (saved["map"], True)
    assert "restricted" in _said(staff.get(saved["url"]))
    seat_maps.freeze(SeatMap.objects.get())
    drawing["sections"][0]["rows"].pop()
    later = _post(staff, "/shows/staff/halls/save/", {"map": saved["map"], "drawing": drawing}).json()
    assert (later["version"], later["replaced"]) == (2, False)
    assert SeatMap.objects.get(version=1).seats.count() == 18
    assert SeatMap.objects.get(version=2).seats.count() == 12


def test_what_is_wrong_with_a_drawing_is_said(staff: Client, venue: Venue) -> None:
    def refused(change: Any) -> str:
        drawing = _generated(staff)
        change(drawing)
        answer = _post(staff, "/shows/staff/halls/save/", {"venue": venue.pk, "drawing": drawing})
        assert answer.status_code == 422
        return str(answer.json()["detail"])

    first = lambda drawing: drawing["sections"][0]["rows"][0]["seats"]  # noqa: E731
    assert "same place" in refused(lambda d: first(d)[0].update(x=first(d)[1]["x"]))
    assert "two seats of one number" in refused(lambda d: first(d)[0].update(label="2"))
    assert "outside the map" in refused(lambda d: first(d)[0].update(x=-5))
    assert "no name" in refused(lambda d: d["sections"][0].update(name=" "))
    assert "no width" in refused(lambda d: d["areas"].append({"name": "Floor", "capacity": 5, "x": 1, "y": 1, "width": 0, "height": 5}))
    assert "kind" in refused(lambda d: first(d)[0].update(kind="throne"))
    assert "no seats" in refused(lambda d: d.update(sections=[]))
    for body in ("{", "[]", '{"drawing": 7, "venue": 0}', '{"map": []}'):
        assert staff.post("/shows/staff/halls/save/", body, content_type="application/json").status_code == 422
    assert _post(staff, "/shows/staff/halls/generate/", {"shape": "rows", "rows": 10**9}).status_code == 422
    assert not SeatMap.objects.exists()


def test_a_plan_of_pretix_comes_in_and_goes_out(staff: Client, venue: Venue) -> None:
    saved = _post(staff, "/shows/staff/halls/save/", {"venue": venue.pk, "drawing": _generated(staff)}).json()
    out = staff.get(f"{saved['url']}plan.json")
    assert "attachment" in out["Content-Disposition"]
    page = staff.post("/shows/staff/halls/import/", {"venue": venue.pk, "file": io.BytesIO(out.content)}, follow=True)
    assert "Hall v2 is brought in" in _said(page)
    first, second = SeatMap.objects.order_by("version")
    assert seat_maps.drawing_of(first).sections == seat_maps.drawing_of(second).sections
    for content, told in ((b"{", "no JSON"), (b"{}", "not a seating plan"), (b"", "Choose a seating plan")):
        page = staff.post("/shows/staff/halls/import/", {"venue": venue.pk, "file": io.BytesIO(content)}, follow=True)
        assert told in _said(page)


def test_a_house_is_added_once(staff: Client, venue: Venue) -> None:
    assert "Draw its first hall" in _said(
        staff.post("/shows/staff/venues/", {"name": "Barn", "city": "Ulm", "time_zone": "Europe/Berlin"}, follow=True)
    )
    assert "of this name already" in _said(staff.post("/shows/staff/venues/", {"name": "Barn", "time_zone": "UTC"}, follow=True))
    assert "like Europe/Berlin" in _said(staff.post("/shows/staff/venues/", {"name": "Shed", "time_zone": "Moon"}, follow=True))
    assert Venue.objects.get(name="Barn").city == "Ulm"


def test_a_show_is_drafted_painted_and_published(staff: Client, venue: Venue) -> None:
    saved = _post(staff, "/shows/staff/halls/save/", {"venue": venue.pk, "drawing": _generated(staff)}).json()
    times = {
        "starts_at": "2099-01-01T20:00",
        "ends_at": "2099-01-01T22:00",
        "on_sale_from": "2020-01-01T00:00",
        "on_sale_until": "2099-01-01T20:00",
    }
    fields = {"name": "Opening", "currency": "EUR", "limit_per_buyer": 8, "hold_for": 10, "hold_ceiling": 30, "offer_for": 45, **times}
    zone = {"zone-name": "All", "zone-price": "20", "zone-colour": "#336699"}
    wrong = staff.post(f"{saved['url']}show/", {**fields, **zone, "ends_at": "2000-01-01T20:00"})
    assert wrong.status_code == 422
    assert "It ends before it starts" in _said(wrong)
    assert staff.post(f"{saved['url']}show/", {**fields, **zone, "zone-price": "-1"}).status_code == 422
    desk = staff.post(f"{saved['url']}show/", {**fields, **zone})["Location"]
    show = Show.objects.get()
    assert show.starts_at.isoformat() == "2099-01-01T19:00:00+00:00"
    assert (show.offer_for, show.no_single_seats, show.waiting_room) == (timedelta(minutes=45), False, False)
    short = staff.post(f"{desk}edit/", {**fields, "hold_ceiling": 5})
    assert "At least as long as a seat is held for" in _said(short)
    assert staff.post(f"{desk}edit/", {**fields, "hold_for": 0}).status_code == 422
    assert 'value="2099-01-01T20:00"' in _said(staff.get(f"{desk}edit/"))
    assert staff.post(f"{desk}edit/", {**fields, "name": ""}).status_code == 422
    assert "Opening night" in _said(staff.post(f"{desk}edit/", {**fields, "name": "Opening night"}, follow=True))
    seats = list(show.seats.values_list("pk", flat=True))
    assert "name of its own" in _said(staff.post(f"{desk}zones/", zone, follow=True))
    staff.post(f"{desk}zones/", {"zone-name": "Front", "zone-price": "35", "zone-colour": "#993333"})
    front = show.zones.get(name="Front")
    assert _post(staff, f"{desk}paint/", {"zone": front.pk, "seats": seats[:6]}).json() == {"painted": 6}
    assert _post(staff, f"{desk}paint/", {"zone": front.pk, "seats": []}).status_code == 422
    assert _post(staff, f"{desk}paint/", {"zone": 0, "seats": seats}).status_code == 404
    assert staff.get(f"{desk}plan.json").json()["zone"].count(1) == 6
    assert Client().get(f"/shows/{show.pk}/").status_code == 404
    assert "Buyers see it now" in _said(staff.post(f"{desk}publish/", follow=True))
    assert "Only a draft" in _said(staff.post(f"{desk}publish/", follow=True))
    assert Client().get(f"/shows/{show.pk}/").status_code == 200


def test_seats_are_kept_from_sale_and_holds_taken_back(staff: Client, django_user_model: Any) -> None:
    show = on_sale()
    desk, seats = f"/shows/staff/shows/{show.pk}/", list(show.seats.values_list("pk", flat=True))
    assert _post(staff, f"{desk}keep/", {"act": "block", "reason": "camera", "seats": seats[:4]}).json()["seats"] == seats[:4]
    assert "camera" in _said(staff.get(desk))
    assert _post(staff, f"{desk}keep/", {"act": "free", "reason": "moved", "seats": seats[:2]}).json()["seats"] == seats[:2]
    assert _post(staff, f"{desk}keep/", {"act": "block", "reason": "", "seats": seats}).status_code == 422
    assert ShowSeat.objects.filter(show=show, state="blocked").count() == 2
    buyer = Client()
    buyer.force_login(django_user_model.objects.create_user("bea"))
    held = buyer.post(f"/shows/{show.pk}/hold/", {"seat": seats[10:12]}, follow=True).redirect_chain[-1][0]
    assert "bea" in _said(staff.get(desk))
    zone = show.zones.create(name="Other", price=1, number=1)
    assert _post(staff, f"{desk}paint/", {"zone": zone.pk, "seats": seats[10:12]}).status_code == 409
    hold = held.strip("/").rpartition("/")[2]
    assert "2 seats are free again" in _said(staff.post(f"{desk}free/", {"hold": hold}, follow=True))
    assert "no such hold" in _said(staff.post(f"{desk}free/", {"hold": "none"}, follow=True))
    buyer.post(f"/shows/{show.pk}/hold/", {"seat": seats[10:12]})
    booked = buyer.post(f"/shows/{show.pk}/hold/", {"seat": seats[12:14]}, follow=True).redirect_chain[-1][0]
    buyer.post(f"{booked}confirm/", {"name": "Bea", "email": "bea@example.com"})
    assert _post(staff, f"{desk}keep/", {"act": "block", "reason": "late", "seats": seats[10:12]}).status_code == 409
    page = _said(staff.get(desk))
    assert "Tickets sold by day, 4 on the best day" in page
    assert "€120.00" in page


def test_a_new_price_is_for_what_is_sold_from_now_on(staff: Client, platform: None) -> None:
    show = on_sale(no_single_seats=False)
    zone = show.zones.get()
    sold, held = (holding.hold(show.pk, [holding.Request(name, name, best=Want(2))])[0] for name in ("user:1", "user:2"))
    assert isinstance(sold, Held)
    assert isinstance(held, Held)
    confirm = lambda hold, who: bookings.confirm(show.pk, [bookings.Confirm(hold, who, "A", "a@b.cc")])[0]  # noqa: E731
    assert confirm(sold.hold, "user:1").outcome == "booked"
    address = f"/shows/staff/shows/{show.pk}/zones/{zone.pk}/"
    form = {f"zone-{zone.pk}-{name}": value for name, value in (("name", "All"), ("price", "41.50"), ("colour", "#112233"))}
    assert "pays what they saw" in _said(staff.post(address, form, follow=True))
    assert confirm(held.hold, "user:2").total == 60
    new = holding.hold(show.pk, [holding.Request("n", "user:3", best=Want(2))])[0]
    assert isinstance(new, Held)
    assert confirm(new.hold, "user:3").total == 83
    assert sorted(set(Ticket.objects.values_list("price", flat=True))) == [Decimal("30.00"), Decimal("41.50")]
    assert [e.data["detail"] for e in journal.read("0-0") if e.name == "audit.acted" and e.data["act"] == "zone.price"] == [
        {"zone": "All", "was": "30.00", "now": "41.50"}
    ]
    told = [(e.subject, e.data) for e in journal.read("0-0") if e.name == "seats.priced"]
    assert told == [(show.subject, {"zone": zone.pk, "name": "All", "price": "41.50", "colour": "#112233", "seats": []})]
    holding.hold(show.pk, [holding.Request("m", "user:4", best=Want(1))])
    shows.change_zone(zone, "All", Decimal("43.00"), "#112233")
    running = plans.held_by(show, "user:4")
    assert running
    assert running["quoted"] == {str(zone.pk): "41.50"}, "an open map tells its buyer the price that they pay"
    section = show.map.sections.get().pk
    shown = lambda hold: {seat["price"] for row in listing.rows_of(show, section, hold) for seat in row["seats"]}  # noqa: E731
    assert shown(Hold.objects.get(buyer="user:4")) == {Decimal("41.50")}, "the list says what they pay"
    assert shown(None) == {Decimal("43.00")}
    painted = Zone.objects.create(show=show, name="Late", price=9)
    free = list(show.seats.filter(state="free").values_list("pk", flat=True)[:2])
    shows.paint(show, painted, free)
    assert [e.data["seats"] for e in journal.read("0-0") if e.name == "seats.priced"][-1] == free
    shows.paint(show, painted, free)
    assert len([e for e in journal.read("0-0") if e.name == "seats.priced"]) == 3, "what is so already is not told again"
    assert "A price needs" in _said(staff.post(address, form | {f"zone-{zone.pk}-price": "-1"}, follow=True))
    Zone.objects.create(show=show, name="Box", price=1)
    assert "called Box already" in _said(staff.post(address, form | {f"zone-{zone.pk}-name": "Box"}, follow=True))
    assert staff.post(f"/shows/staff/shows/{show.pk}/zones/0/", form).status_code == 404
    assert Client().post(address, form).status_code == 302


def test_a_price_changes_over_http_for_the_box_office_alone(platform: None) -> None:
    show = on_sale()
    zone = show.zones.get()
    boss, other = (
        Client(headers={"authorization": f"Bearer {tenants.create_key(show.tenant, str(more), ['read', 'submit', *more])[1]}"})
        for more in (["manager"], [])
    )
    address = f"/api/shows/{show.pk}/zones/{zone.pk}"
    change = {"price": "12.00"}
    assert other.patch(address, change, content_type="application/json").status_code == 403
    assert boss.patch(address, change, content_type="application/json").json()["price"] == "12.00"
    assert boss.patch(address, {"price": "-1"}, content_type="application/json").status_code == 422
    assert boss.patch(f"/api/shows/{show.pk}/zones/0", change, content_type="application/json").status_code == 404


def test_a_house_a_hall_and_a_show_are_made_over_http_to_its_end(platform: None) -> None:
    tenant = Tenant.objects.get(slug="default")
    boss, other = (
        Client(headers={"authorization": f"Bearer {tenants.create_key(tenant, str(more), ['read', 'submit', *more])[1]}"})
        for more in (["manager"], [])
    )
    send = lambda path, body=None, who=boss: who.post(f"/api{path}", body or {}, content_type="application/json")  # noqa: E731
    for path in ("/venues", "/maps/1", "/shows/1/sales"):
        assert other.get(f"/api{path}").status_code == 403, path
    assert send("/venues", {"name": "Barn", "timeZone": "Moon"}).status_code == 422
    venue = send("/venues", {"name": "Barn", "timeZone": "Europe/Berlin"}).json()["id"]
    assert send("/venues", {"name": "Barn"}).status_code == 409
    assert send(f"/venues/{venue}/maps", {"no": "plan"}).status_code == 422
    plan = pretix.dump(generator.straight("Hall", 3, 6))
    answer = send(f"/venues/{venue}/maps", plan)
    assert answer.status_code == 201, answer.content
    hall = answer.json()["id"]
    assert [row["version"] for row in boss.get(f"/api/venues/{venue}/maps").json()] == [1]
    assert boss.get(f"/api/maps/{hall}").json()["name"] == "Hall"
    times = {"startsAt": "2099-01-01T19:00:00Z", "endsAt": "2099-01-01T21:00:00Z"}
    sale = {"onSaleFrom": "2020-01-01T00:00:00Z", "onSaleUntil": "2099-01-01T19:00:00Z"}
    asked = {"name": "Opening", **times, **sale, "zones": [{"name": "All", "price": "20.00"}]}
    assert send(f"/maps/{hall}/shows", asked | {"endsAt": "2000-01-01T19:00:00Z"}).status_code == 422
    assert send(f"/maps/{hall}/shows", asked, other).status_code == 403
    show = send(f"/maps/{hall}/shows", asked).json()
    address = f"/shows/{show['id']}"
    assert show["state"] == "draft"
    zone = send(f"{address}/zones", {"name": "Front", "price": "30.00"}).json()["id"]
    assert send(f"{address}/zones", {"name": "Front", "price": "30.00"}).status_code == 409
    seats = list(ShowSeat.objects.values_list("pk", flat=True)[:6])
    assert send(f"{address}/paint", {"zone": zone, "seats": seats}).json() == {"painted": 6}
    assert send(f"{address}/paint", {"zone": 0, "seats": seats}).status_code == 404
    assert send(f"{address}/publish").json()["state"] == "published"
    assert send(f"{address}/publish").status_code == 409
    assert boss.get(f"/api{address}/sales").json() == {"seats": 18, "sold": 0, "held": 0, "blocked": 0, "free": 18, "revenue": "0"}
    assert send(f"{address}/cancel", {}).status_code == 422
    assert send(f"{address}/cancel", {"reason": "Rain."}).status_code == 202


@pytest.fixture
def show(transactional_db: None) -> Show:
    client().flushdb()
    return on_sale()


def _office(show: Show, *more: str) -> Client:
    secret = tenants.create_key(show.tenant, "office", ["read", "submit", *more])[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def _patch(who: Client, show: Show, **body: object) -> Any:
    return who.patch(f"/api/shows/{show.pk}", body, content_type="application/json")


def test_a_show_changes_over_http_by_what_is_named(show: Show) -> None:
    boss = _office(show, "manager")
    answer = _patch(boss, show, name="Opening", onSaleFrom="2099-01-01T10:00:00+01:00", onSaleUntil="2099-03-01T00:00:00Z", holdFor="PT5M")
    conforms(boss.get("/api/openapi.json").json(), "PATCH", "/api/shows/{show}", answer)
    told = answer.json()
    assert (told["name"], told["onSale"], told["holdFor"], told["map"]) == ("Opening", False, "P0DT00H05M00S", show.map_id)
    assert told["onSaleFrom"] == "2099-01-01T09:00:00Z"
    assert boss.get(f"/api/shows/{show.pk}").json()["on_sale"] is False, "what seats are asked for says the same"
    refused = holding.hold(show.pk, [holding.Request("r", "user:1", best=Want(2))])[0]
    assert getattr(refused, "code", "") == "not_on_sale"
    assert _patch(boss, show, doorsAt=None, waitingRoom=True).json()["waitingRoom"] is True
    _patch(boss, show, name="Opening")
    assert _patch(boss, show, description="long " * 2000).status_code == 200
    acts = [e.data["detail"]["changed"] for e in journal.read("0-0") if e.name == "audit.acted" and e.data["act"] == "show.change"]
    assert [sorted(changed) for changed in acts] == [
        ["hold_for", "name", "on_sale_from", "on_sale_until"],
        ["waiting_room"],
        ["description"],
    ]
    assert acts[0]["name"] == ["Show", "Opening"]
    assert len(acts[2]["description"][1]) == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"startsAt": "2099-01-01T20:00:00"}, "startsAt"),
        ({"endsAt": "2000-01-01T20:00:00Z"}, "endsAt"),
        ({"onSaleUntil": "2000-01-01T20:00:00Z"}, "onSaleUntil"),
        ({"doorsAt": "2098-01-01T20:00:00Z"}, "doorsAt"),
        ({"cancelUntil": "9999-12-31T23:59:59Z"}, "cancelUntil"),
        ({"startsAt": None}, "startsAt"),
        ({"description": None}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"name": "a\0b"}, "name"),
        ({"holdFor": 0}, "holdFor"),
        ({"offerFor": 10**6}, "offerFor"),
        ({"holdCeiling": 60}, "holdCeiling"),
        ({"currency": "euro"}, "currency"),
        ({"venue": 1}, "venue"),
    ],
)
def test_what_a_show_can_not_be_is_told_by_its_field(show: Show, body: dict[str, Any], field: str) -> None:
    answer = _patch(_office(show, "manager"), show, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [path.rpartition(".")[2] for path in answer.json()["fields"]] == [field]
    before = (show.name, show.starts_at)
    show.refresh_from_db()
    assert (show.name, show.starts_at) == before


def test_what_buyers_go_by_stays_as_it_is(show: Show) -> None:
    boss = _office(show, "manager")
    other = seat_maps.create(show.map.venue, generator.straight("Cellar", 2, 3))
    draft = shows.create(show.tenant, show.map, [Zone(name="All", price="9.00")], name="Draft", **_times_of(show))
    front = Zone.objects.create(show=draft, name="Front", price=20, number=1)
    shows.paint(draft, front, list(draft.seats.values_list("pk", flat=True)[:3]))
    moved = _patch(boss, draft, map=other.pk, currency="CHF")
    assert (moved.status_code, moved.json()["map"]) == (200, other.pk)
    assert set(draft.seats.values_list("zone__name", flat=True)) == {"All"}
    assert draft.seats.count() == 6
    other.refresh_from_db()
    assert other.frozen_at
    assert holding.hold(draft.pk, [holding.Request("s", "", best=Want(2))])[0].outcome == "held"
    assert holding.hold(show.pk, [holding.Request("b", "user:1", best=Want(2))])[0].outcome == "held"
    for row, body in ((draft, {"map": show.map_id}), (draft, {"currency": "EUR"}), (show, {"map": other.pk}), (show, {"currency": "CHF"})):
        answer = _patch(boss, row, name="Other", **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "show_fixed"), body
        row.refresh_from_db()
        assert row.name != "Other", "all of it or nothing"
    assert _patch(boss, show, map=0).status_code == 404
    Show.objects.filter(pk=show.pk).update(state="cancelled")
    answer = _patch(boss, show, name="Other")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")


def _times_of(show: Show) -> dict[str, Any]:
    return {name: getattr(show, name) for name in ("starts_at", "ends_at", "on_sale_from", "on_sale_until")}


def test_a_show_is_changed_by_the_box_office_of_its_tenant_alone(show: Show, django_user_model: Any) -> None:
    foreign = Tenant.objects.create(slug="other", name="Other")
    assert _patch(_office(show), show, name="Mine").status_code == 403
    secret = tenants.create_key(foreign, "office", ["read", "submit", "manager"])[1]
    assert _patch(Client(headers={"authorization": f"Bearer {secret}"}), show, name="Mine").status_code == 404
    boss = Client()
    boss.force_login(django_user_model.objects.create_superuser("boss"))
    address = f"/shows/staff/shows/{show.pk}/edit/"
    typed = _filled(boss.get(address).context["form"]) | {"currency": "CHF"}
    holding.hold(show.pk, [holding.Request("b", "user:1", best=Want(2))])
    refused = boss.post(address, typed)
    assert refused.status_code == 422
    assert "its hall and its currency stay" in _said(refused)
    assert _said(boss.post(address, typed | {"currency": "EUR", "name": "Matinee"}, follow=True)).count("Matinee") > 1
    acts = [e.data for e in journal.read("0-0") if e.name == "audit.acted" and e.data["act"] == "show.change"]
    assert [act["actor"] for act in acts] == ["boss"]
    admin = f"/admin/reservations/show/{show.pk}/change/"
    page = boss.get(admin).context
    tables = {f"{table.formset.prefix}-{name}_FORMS": 0 for table in page["inline_admin_formsets"] for name in ("TOTAL", "INITIAL")}
    boss.post(admin, _filled(page["adminform"].form) | tables | {"name": "By the admin"})
    show.refresh_from_db()
    assert show.name == "By the admin"
    acts = [e.data["detail"] for e in journal.read("0-0") if e.name == "audit.acted" and e.data["act"] == "show.change"]
    assert acts[-1]["changed"]["name"] == ["Matinee", "By the admin"], "the admin's form changes it as the desk does"


def _filled(form: Any) -> dict[str, Any]:
    """What a browser sends of the form as it is."""
    typed: dict[str, Any] = {}
    for field in form:
        widget, value = field.field.widget, field.value()
        parts = widget.decompress(value) if hasattr(widget, "decompress") else [value]
        several = (
            {f"{field.name}_{n}": part for n, part in enumerate(parts)} if len(parts) > 1 else {field.name: widget.format_value(value)}
        )
        typed |= several
    return {name: value for name, value in typed.items() if value not in (None, False)}
