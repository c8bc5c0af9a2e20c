import contextlib
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock.services.price_list import BadFile, Row, Wrong, rows

HEADER = b"sku,name,price,quantity,location\n"


def read(data: bytes) -> list[Row | Wrong]:
    return list(rows(BytesIO(data)))


def test_a_line_becomes_a_row_whatever_the_order_of_columns() -> None:
    data = b'Quantity, location ,SKU,price,name\n5,North,A-1,12.5,"Bolt, small"\n'
    assert read(data) == [Row(2, "A-1", "Bolt, small", Decimal("12.5"), 5, "North")]


def test_a_byte_order_mark_is_passed_over() -> None:
    assert len(read(b"\xef\xbb\xbf" + HEADER + b"A-1,Bolt,1,1,North\n")) == 1


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "empty"),
        (b"sku,name\nA-1,Bolt\n", "missing: price, quantity, location"),
        (b"PK\x03\x04\x00\x00binary", "binary"),
        (HEADER + "A-1,Bölt,1,1,North\n".encode("latin-1"), "not UTF-8"),
        (HEADER + b"A-1," + b"x" * 10_000_000 + b",1,1,North\n", "longer than"),
        (HEADER + b'A-1,"Bolt"x,1,1,North\n', "no CSV"),
        (HEADER + b'A-1,"Bolt', "no CSV"),
    ],
)
def test_a_file_that_is_no_price_list_is_refused_with_a_hint(data: bytes, hint: str) -> None:
    with pytest.raises(BadFile, match=hint):
        read(data)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b",Bolt,1,1,North", "sku"),
        (b"A-1,=cmd|' /C calc'!A0,1,1,North", "name"),
        (b"A-1,@sum,1,1,North", "name"),
        (b"A-1,Bolt,free,1,North", "price"),
        (b"A-1,Bolt,-1,1,North", "price"),
        (b"A-1,Bolt,NaN,1,North", "price"),
        (b"A-1,Bolt,1e99,1,North", "price"),
        (b"A-1,Bolt,1.234,1,North", "price"),
        (b"A-1,Bolt,1,1.5,North", "quantity"),
        (b"A-1,Bolt,1,-5,North", "quantity"),
        (b"A-1,Bolt,1,99999999999,North", "quantity"),
        (b"A-1,Bolt,1,1,", "location"),
        (b"A-1,Bolt,1,1", ""),
    ],
)
def test_a_wrong_line_is_named_and_its_neighbours_are_read(line: bytes, field: str) -> None:
    before, wrong, after = read(HEADER + b"A-0,Nut,1,1,North\n" + line + b"\nA-2,Nut,1,1,North\n")
    assert isinstance(before, Row)
    assert isinstance(after, Row)
    assert isinstance(wrong, Wrong)
    assert (wrong.line, wrong.field) == (3, field)


@given(st.binary(max_size=300))
def test_no_content_breaks_the_reader(data: bytes) -> None:
    with contextlib.suppress(BadFile):
        read(HEADER + data)
