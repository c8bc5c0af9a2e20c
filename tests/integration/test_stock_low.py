"""Low stock is told once for each crossing; and the staff's own forms of products."""

from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from jobs.declare import subscribe
from jobs.services import tenants
from stock import alerts
from stock.models import Location, Movement, Product, Reservation
from stock.services import ledger, products, settling
from stock.services.ledger import Move
from stock.services.reserving import apply
from tests.support.stock import client_of, product, request, tenant
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.UPLOAD_DIR = tmp_path


def low() -> bool:
    return Product.objects.get(sku="A").low_since is not None


def bring(units: int, reference: str) -> None:
    ledger.post([Move(Product.objects.get().pk, Location.objects.get().pk, Movement.Kind.ADJUSTED, units)], reference)


@pytest.mark.django_db
def test_a_crossing_is_told_once_and_armed_again_above_the_line() -> None:
    product("A", 10, low_at=3)
    assert alerts.watch_low() == 0
    apply([request("1", ("A", 7))])
    assert [alerts.watch_low(), alerts.watch_low(), low()] == [1, 0, True]
    settling.release(tenant(), Reservation.objects.get().pk)
    assert [alerts.watch_low(), low()] == [0, False]
    bring(-8, "2")
    assert [alerts.watch_low(), low()] == [1, True]


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"low_at": None}, {"active": False}])
def test_a_product_that_is_not_watched_any_more_is_not_low(change: dict[str, Any]) -> None:
    product("A", 1, low_at=3)
    alerts.watch_low()
    products.change(tenant(), "A", change)
    assert [alerts.watch_low(), low()] == [0, False]


def test_one_mail_tells_the_staff_of_all_that_is_low_and_an_event_of_each(platform: None) -> None:
    product("A", 1, low_at=3)
    product("B", 2, low_at=2)
    product("C", 3, low_at=2)
    client_of("manager")
    get_user_model().objects.update(email="manager@shop.example")
    alerts.watch_low()
    until(lambda: bool(mail.outbox), 20)
    (sent,) = mail.outbox
    assert (sent.bcc, sent.subject) == (["manager@shop.example"], "Low stock: A and 1 more")
    assert "A  Thing A: 1 left (alert at 3)." in str(sent.body)
    assert sorted(event.data["sku"] for event in subscribe("stock.low", after="0-0", patience=0.1)) == ["A", "B"]
    page = client_of("clerk").get("/stock/products/low/").content.decode()
    assert ("Thing A" in page, "Thing C" in page) == (True, False)


def picture(kind: str = "PNG") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (4, 4)).save(file, kind)
    return SimpleUploadedFile("photo.jpeg", file.getvalue())


@pytest.mark.django_db
def test_a_manager_makes_and_changes_a_product_with_a_picture(settings: Any) -> None:
    tenant()
    manager = client_of("manager")
    form = {"sku": "N/1", "name": "New", "price": "2.50", "tags": "Blue, garden,blue", "active": "on", "lead_days": 3, "safety_stock": 0}
    assert manager.post("/stock/products/new/", form | {"image": picture()})["Location"] == "/stock/products/edit/N/1/"
    made = Product.objects.get()
    assert (made.tags, made.low_at, made.image.name.rpartition(".")[2]) == (["blue", "garden"], None, "png")
    shown = client_of("customer").get(f"/stock/products/image/{made.pk}/")
    assert (shown.status_code, shown["Content-Type"], b"".join(shown)[1:4]) == (200, "image/png", b"PNG")
    assert "already" in manager.post("/stock/products/new/", form).content.decode()
    url = "/stock/products/edit/N/1/"
    changed = form | {"name": "Newer", "low_at": 5}
    assert manager.post(url, changed).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.low_at, bool(made.image)) == ("Newer", 5, True)
    for wrong in ({"price": "-1"}, {"image": SimpleUploadedFile("x.png", b"no picture")}, {"image": picture("GIF")}, {"tags": "x" * 41}):
        assert manager.post(url, form | wrong).status_code == 422, wrong
    assert manager.get("/stock/products/edit/absent/").status_code == 404


@pytest.mark.django_db
def test_products_over_http_change_what_is_named_and_nothing_else() -> None:
    secret = tenants.create_key(tenant(), "tests", ["read", "submit", "manager"])[1]
    api = Client(headers={"authorization": f"Bearer {secret}"})

    def send(method: str, url: str, **body: Any) -> Any:
        return getattr(api, method)(f"/api/stock/products{url}", body, content_type="application/json")

    made = send("post", "", sku="A/1", name="Bolt", price="1.50", tags=["x"], lowAt=4)
    assert (made.status_code, made.json()["lowAt"], made.json()["tags"]) == (201, 4, ["x"])
    assert send("post", "", sku="A/1", name="Bolt", price="1.50").json()["code"] == "sku_taken"
    assert send("patch", "/A/1", price="2").json()["name"] == "Bolt"
    assert send("patch", "/A/1", lowAt=None, leadDays=9).json()["lowAt"] is None
    assert api.get("/api/stock/products/A/1").json()["leadDays"] == 9
    assert send("patch", "/A/2", price="2").status_code == 404
    for wrong in ({"price": "-1"}, {"price": "1.234"}, {"supplier": "Nobody"}, {"name": "\0"}, {"tags": ["x" * 41]}):
        assert send("patch", "/A/1", **wrong).status_code == 422, wrong
