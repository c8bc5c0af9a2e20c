"""Reserving: all or none, in order, once for each request, right in the database whatever happens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jobs.core.errors import InvalidInput, InvalidState, NotFound
from jobs.infra import journal
from jobs.infra.redis import client
from stock.models import Level, Movement, Product, Refusal, Reservation
from stock.services import expiry, levels, reserving, settling
from stock.services.answers import Refused, Reserved
from stock.services.reserving import apply
from tests.support.stock import drift, product, request

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_are_right() -> Iterator[None]:
    yield
    assert not drift()


def available(sku: str) -> int:
    return levels.with_available(Product.objects.filter(sku=sku)).get().available  # type: ignore[attr-defined, no-any-return]


def reserved(*lines: tuple[str, int], reference: str = "r", **more: timedelta) -> Reservation:
    (answer,) = apply([request(reference, *lines, **more)])
    assert isinstance(answer, Reserved), answer
    return Reservation.objects.get(pk=answer.reservation)


def over(reservation: Reservation) -> None:
    Reservation.objects.filter(pk=reservation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_a_batch_is_answered_in_order_and_the_first_come_gets_the_last() -> None:
    product("A", 5)
    answers = apply([request("1", ("A", 3)), request("2", ("A", 3)), request("3", ("A", 2)), request("4", ("A", 1))])
    assert [answer.answer for answer in answers] == ["reserved", "refused", "reserved", "refused"]
    refused = answers[1]
    assert isinstance(refused, Refused)
    assert (refused.code, refused.lines[0].model_dump()) == ("out_of_stock", {"sku": "A", "wanted": 3, "left": 2})
    assert available("A") == 0
    assert Refusal.objects.count() == 2


def test_all_lines_or_none() -> None:
    product("A", 5)
    product("B", 1)
    (answer,) = apply([request("1", ("A", 1), ("B", 2))])
    assert answer.answer == "refused"
    assert (available("A"), available("B")) == (5, 1)


def test_one_bad_request_does_not_spoil_its_neighbours() -> None:
    product("A", 5)
    product("gone", 5, active=False)
    answers = apply([request("1", ("A", 1)), request("2", ("nothing", 1)), request("3", ("gone", 1)), request("4", ("A", 1))])
    assert [answer.answer for answer in answers] == ["reserved", "refused", "refused", "reserved"]
    assert isinstance(answers[1], Refused)
    assert answers[1].code == "unknown_product"


def test_a_request_asked_again_is_answered_the_same_and_takes_nothing_more() -> None:
    product("A", 5)
    asked = [request("1", ("A", 3)), request("2", ("A", 3))]
    first = apply(asked)
    assert apply(asked) == first
    assert apply([*asked, *asked]) == [*first, *first]
    assert available("A") == 2


def test_the_same_request_twice_in_a_batch_is_met_once() -> None:
    product("A", 5)
    one, two = apply([request("1", ("A", 3))] * 2)
    assert one == two
    assert available("A") == 2


def test_units_come_from_several_places() -> None:
    product("A", 2, "North")
    product("A", 2, "Shop")
    (answer,) = apply([request("1", ("A", 3, "Shop"))])
    assert isinstance(answer, Reserved)
    assert {(line.location, line.quantity) for line in answer.lines} == {("Shop", 2), ("North", 1)}


def test_what_is_owed_is_reserved_without_a_place() -> None:
    product("A", 1, backorder=True)
    (answer,) = apply([request("1", ("A", 3))])
    assert isinstance(answer, Reserved)
    assert {(line.location, line.quantity) for line in answer.lines} == {("North", 1), ("", 2)}


def test_a_reservation_is_over_at_its_time_whether_or_not_it_was_swept() -> None:
    product("A", 5)
    first = reserved(("A", 5), reference="1")
    over(first)
    assert available("A") == 5
    first.refresh_from_db()
    assert (first.state, first.state_now()) == ("active", "expired")
    with pytest.raises(settling.ReservationOver):
        settling.confirm("default", first.pk)
    reserved(("A", 5), reference="2")
    first.refresh_from_db()
    assert first.state == "expired"


def test_sweeping_twice_gives_back_once() -> None:
    product("A", 5)
    over(reserved(("A", 5)))
    assert (expiry.sweep(), expiry.sweep()) == (1, 0)
    assert Level.objects.get().reserved == 0


def test_confirming_sells_once() -> None:
    product("A", 5)
    row = reserved(("A", 3))
    assert settling.confirm("default", row.pk).state == "confirmed"
    assert settling.confirm("default", row.pk).state == "confirmed"
    assert list(Movement.objects.filter(kind="sold").values_list("quantity", flat=True)) == [-3]
    assert (Level.objects.get().on_hand, Level.objects.get().reserved) == (2, 0)
    with pytest.raises(InvalidState):
        settling.release("default", row.pk)


def test_releasing_gives_back_once() -> None:
    product("A", 5)
    row = reserved(("A", 3))
    settling.release("default", row.pk)
    assert settling.release("default", row.pk).state == "released"
    assert available("A") == 5
    with pytest.raises(InvalidState):
        settling.confirm("default", row.pk)


def test_extending_has_a_ceiling_and_never_shortens() -> None:
    product("A", 5)
    row = reserved(("A", 1))
    assert settling.extend("default", row.pk, timedelta(seconds=10)).expires_at == row.expires_at
    longer = settling.extend("default", row.pk, settling.LONGEST).expires_at
    assert longer > row.expires_at
    Reservation.objects.filter(pk=row.pk).update(made_at=timezone.now() - settling.CEILING)
    assert settling.extend("default", row.pk, settling.LONGEST).expires_at == longer
    with pytest.raises(InvalidInput):
        settling.extend("default", row.pk, timedelta(days=1))


def test_another_tenants_reservation_is_not_there() -> None:
    product("A", 5)
    row = reserved(("A", 1))
    for verb in (settling.confirm, settling.release):
        with pytest.raises(NotFound):
            verb("other", row.pk)


@pytest.mark.parametrize("statement", ["UPDATE stock_movement SET quantity = 9", "DELETE FROM stock_movement"])
def test_the_ledger_refuses_to_be_changed(statement: str) -> None:
    product("A", 5)
    with pytest.raises(IntegrityError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("change", ["reserved = on_hand + 1", "reserved = -1", "on_hand = -1"])
def test_a_level_refuses_what_cant_be(change: str) -> None:
    product("A", 5)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE stock_level SET {change}")


def test_levels_changed_behind_the_lock_write_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    product("A", 5)
    monkeypatch.setattr(reserving, "FREE", reserving.FREE.replace("v.on_hand - v.reserved", "v.on_hand + 5"))
    with pytest.raises(reserving.Oversold):
        apply([request("1", ("A", 6))])
    assert not Reservation.objects.exists()


def told() -> list[tuple[str, str, dict[str, object]]]:
    """What the journal was told, since the last time."""
    found = [(entry.name, entry.subject, entry.data) for entry in journal.read("0-0") if entry.name.startswith("stock.")]
    client().flushdb()
    return found


def test_what_became_of_units_is_told_with_the_transaction(transactional_db: None) -> None:
    client().flushdb()
    product("A", 5)
    assert told()[-1] == ("stock.available", "product:A", {"sku": "A", "available": 5})
    first, _ = apply([request("1", ("A", 3)), request("2", ("A", 3))])
    assert isinstance(first, Reserved)
    subject = f"reservation:{first.reservation}"
    by_name = {name: (about, data) for name, about, data in told()}
    assert by_name["stock.refused"] == ("product:A", {"sku": "A", "requests": 1, "wanted": 3, "left": 2})
    assert by_name["stock.reserved"][0] == subject
    assert by_name["stock.available"] == ("product:A", {"sku": "A", "available": 2})
    settling.release("default", first.reservation)
    names = [(name, about) for name, about, _ in told()]
    assert names == [("stock.released", subject), ("stock.available", "product:A")]
    apply([request("3", ("A", 5))])
    over(Reservation.objects.get(reference="3"))
    told()
    expiry.sweep()
    assert [(name, data.get("available")) for name, _, data in told()] == [("stock.expired", None), ("stock.available", 5)]
