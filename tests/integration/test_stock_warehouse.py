"""The warehouse: receive, transfer, adjust, look back, audit and repair."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from jobs.models import Tenant
from jobs.services import tenants
from stock.models import Drift, Level, Movement
from stock.services import audit
from stock.services.reserving import apply
from tests.support.stock import client_of, drift, product, request, tenant

WAIT = {"prefer": "wait=10"}


@pytest.fixture
def api(platform: None) -> Client:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit", "manager"])[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def post(api: Client, what: str, **body: Any) -> Any:
    return api.post(f"/api/stock/{what}", body, content_type="application/json", headers=WAIT)


def test_units_are_received_transferred_adjusted_and_the_ledger_remembers(api: Client) -> None:
    product("A")
    assert post(api, "receipts", sku="A", location="North", quantity=9).json()["result"]["movements"] == 1
    before = timezone.now().isoformat()
    post(api, "transfers", sku="A", fromLocation="North", toLocation="Shop", quantity=4)
    post(api, "adjustments", sku="A", location="Shop", quantity=-1, why="broken")
    assert {(v.location.name, v.on_hand) for v in Level.objects.select_related("location")} == {("North", 5), ("Shop", 3)}
    assert api.get("/api/stock/levels", {"as_of": before}).json() == [
        {"sku": "A", "location": "North", "onHand": 9, "unitCost": None, "value": None}
    ]
    assert [row["kind"] for row in api.get("/api/stock/movements?sku=A").json()] == ["adjusted", "transferred", "transferred", "received"]
    assert not drift()


def test_what_comes_back_is_returned_on_a_page_and_over_http(api: Client) -> None:
    product("A", 5)
    assert post(api, "returns", sku="A", location="North", quantity=2, why="too small").json()["result"]["movements"] == 1
    form = {"sku": "A", "location": "North", "quantity": 1, "why": "broken"}
    assert "A: 1 booked." in client_of("clerk").post("/stock/returns/", form, follow=True).content.decode()
    back = Movement.objects.filter(kind="returned").order_by("pk").values_list("quantity", "why")
    assert (list(back), Level.objects.get().on_hand) == ([(2, "too small"), (1, "broken")], 8)


def test_what_is_not_free_is_not_moved_and_nothing_is_left_half_done(api: Client) -> None:
    product("A", 5)
    refused = post(api, "transfers", sku="A", fromLocation="North", toLocation="Shop", quantity=6).json()["result"]
    assert (refused["code"], Level.objects.count(), Movement.objects.count()) == ("not_enough", 1, 1)


@pytest.mark.parametrize("body", [{"quantity": 0}, {"quantity": -5}, {"location": ""}, {"location": "x" * 61}])
def test_a_wrong_receipt_names_its_field(api: Client, body: dict[str, Any]) -> None:
    answer = post(api, "receipts", **({"sku": "A", "location": "North", "quantity": 1} | body))
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == set(body)


def test_a_customer_may_not_work_here_and_a_clerk_may(platform: None) -> None:
    user = get_user_model().objects.create_user("ada")
    client = Client()
    client.force_login(user)
    pages = ("/stock/receive/", "/stock/transfer/", "/stock/ledger/")
    assert {client.get(page).status_code for page in pages} == {403}
    assert post(client, "receipts", sku="A", location="North", quantity=1).status_code == 403
    assert client.get("/api/stock/movements").status_code == 403
    user.groups.add(Group.objects.get_or_create(name="clerk")[0])
    assert {client.get(page).status_code for page in pages} == {200}
    assert post(client, "adjustments", sku="A", location="North", quantity=1, why="x").status_code == 403


def test_a_scanned_receipt_is_booked_and_the_form_keeps_its_location(platform: None) -> None:
    product("A")
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    page = client.post("/stock/receive/", {"sku": "A", "location": "Dock", "quantity": "3"}, follow=True).content.decode()
    assert "A: 3 booked." in page
    assert 'value="Dock"' in page
    assert (
        "There is no product"
        in client.post("/stock/receive/", {"sku": "?", "location": "Dock", "quantity": "3"}, follow=True).content.decode()
    )
    assert "As of" in client.get("/stock/ledger/?as_of=2020-01-01T00:00").content.decode()
    assert client.get("/stock/ledger/?as_of=yesterday").status_code == 422


CHANGES = ["on_hand = 12", "on_hand = 2, reserved = 0", "reserved = 1"]


def drifted(change: str) -> Drift:
    product("A", 5)
    apply([request("1", ("A", 2))])
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE stock_level SET {change}")
    assert audit.audit(tenant()) == 1
    return Drift.objects.get()


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_a_drift_is_found_and_the_ledger_is_believed(change: str) -> None:
    audit.repair(drifted(change))
    level = Level.objects.get()
    assert (level.on_hand, level.reserved, Movement.objects.count(), drift()) == (5, 2, 1, [])
    call_command("stock_audit")


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "on_hand"), [*zip(CHANGES, [12, 2, 5], strict=True)])
def test_where_the_shelf_was_counted_a_movement_brings_the_ledger_to_it(change: str, on_hand: int) -> None:
    audit.repair(drifted(change), believe=Drift.Believed.LEVEL)
    level = Level.objects.get()
    assert (level.on_hand, level.reserved, drift()) == (on_hand, 2, [])
    assert Movement.objects.count() == (1 if on_hand == 5 else 2)


@pytest.mark.django_db
def test_a_level_that_is_gone_is_a_drift_and_comes_back() -> None:
    product("A", 5)
    Level.objects.all().delete()
    with pytest.raises(CommandError, match="1 levels do not equal"):
        call_command("stock_audit")
    call_command("stock_audit", repair=True)
    assert Level.objects.get().on_hand == 5


@pytest.mark.django_db
def test_a_drift_is_repaired_once_by_whom_may_on_a_page_and_over_http() -> None:
    first = drifted("on_hand = 12")
    clerk, manager = client_of("clerk"), client_of("manager")
    assert "12" in clerk.get("/stock/audit/").content.decode()
    url = f"/stock/audit/{first.pk}/"
    assert clerk.post(url, {"believe": "ledger"}).status_code == 403
    assert "Repaired" in manager.post(url, {"believe": "ledger"}, follow=True).content.decode()
    assert "repaired already" in manager.post(url, {"believe": "ledger"}, follow=True).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_level SET on_hand = 3")
    audit.audit(tenant())
    api = client_of("manager")
    (shown,) = api.get("/api/stock/drifts").json()
    assert (shown["onHand"], shown["ledger"]) == (3, 5)
    repair = f"/api/stock/drifts/{shown['id']}/repair"
    assert api.post(repair, {"believe": "nobody"}, content_type="application/json").status_code == 422
    assert api.post(repair, {"believe": "level"}, content_type="application/json").json()["believed"] == "level"
    assert api.post(repair, {"believe": "level"}, content_type="application/json").status_code == 409
    assert not drift()
