"""The words in which jobs are searched."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.errors import InvalidFilter
from jobs.core.search import QUALIFIERS, Kind, Term, fits, parse, unfinished
from jobs.core.states import State

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=0, max_size=20)
NAMES = st.from_regex(r"\*?[a-z@.\- ]{1,12}\*?", fullmatch=True)
SPANS = st.from_regex(r"[1-9][0-9]{0,4}[smhdw]", fullmatch=True)
VALUES = {
    Kind.NAME: NAMES,
    Kind.TEXT: TEXTS,
    Kind.STATUS: st.sampled_from([*map(str, State), "open", "ended"]),
    Kind.ID: st.uuids().map(str),
    Kind.NUMBER: st.integers(0, 9999).map(str),
    Kind.SPAN: SPANS,
}


@st.composite
def terms(draw: st.DrawFn) -> Term:
    qualifier = QUALIFIERS[draw(st.sampled_from(sorted(QUALIFIERS)))]
    bounds = {Kind.SPAN: ["<", "<=", ">", ">="], Kind.NUMBER: ["", "<", ">="]}.get(qualifier.kind, [""])
    bound = draw(st.sampled_from(bounds))
    values = draw(st.lists(VALUES[qualifier.kind], min_size=1, max_size=1 if bound else 3))
    path = draw(st.lists(st.from_regex(r"[a-zA-Z_]{1,8}", fullmatch=True), min_size=1, max_size=3)) if qualifier.name == "data" else []
    return Term(qualifier.name, tuple(values), bound, draw(st.booleans()), tuple(path))


@given(st.lists(terms(), max_size=5))
def test_what_is_written_is_read_again(wanted: list[Term]) -> None:
    assert parse(" ".join(map(str, wanted))) == tuple(wanted)


@given(TEXTS | st.text(st.sampled_from('type:status,data.">< -*\\1hé'), max_size=30))
def test_any_text_is_understood_or_refused_with_a_sentence_and_completed(text: str) -> None:
    with contextlib.suppress(InvalidFilter):
        found = parse(text)
        assert parse(" ".join(map(str, found))) == found
    begun = unfinished(text)
    assert 0 <= begun.at <= len(text)


def test_the_terms_of_the_guide() -> None:
    assert parse("type:stock.import status:dead,cancelled data.sku:A-1 age:>1h -tag:test") == (
        Term("type", ("stock.import",)),
        Term("status", ("dead", "cancelled")),
        Term("data", ("A-1",), path=("sku",)),
        Term("age", ("1h",), ">"),
        Term("tag", ("test",), negated=True),
    )


def test_a_bare_word_is_part_of_a_type_and_a_bare_id_the_job() -> None:
    assert parse("import") == (Term("type", ("*import*",)),)
    assert parse("0198F2C4-0000-7000-8000-000000000001") == (Term("id", ("0198f2c4-0000-7000-8000-000000000001",)),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stats:dead", "Did you mean status?"),
        ("status:deda", "Did you mean dead?"),
        ("status:", "needs a value"),
        ("age:1h", "takes a bound like >1h"),
        ("age:>tomorrow", "units are s, m, h, d, w"),
        ("id:7", "takes an id"),
        ("data:7", "data needs the name of a field"),
        ("type.x:7", "no qualifier 'type.x'"),
        ('tag:"open', "is not closed"),
        ("tag:a,", "needs a value"),
        ('tag:"a"b', "A space is missing"),
        ("type:a*b", "stands for any characters"),
        ("priority:>1,2", "takes one bound"),
        ("(drop)", "is neither a qualifier"),
        ("a" * 1001, "at most 1000 characters"),
        ("a " * 21, "at most 20 terms"),
        ("a\0", "no zero bytes"),
    ],
)
def test_a_wrong_search_says_what_would_be_right(text: str, sentence: str) -> None:
    with pytest.raises(InvalidFilter, match=re.escape(sentence)):
        parse(text)


@pytest.mark.parametrize(
    ("wanted", "fit"),
    [("stock.*", {"stock.import"}), ("*import", {"stock.import"}), ("*o*", {"stock.import", "demo.greet"}), ("demo.greet", {"demo.greet"})],
)
def test_a_star_stands_for_any_characters(wanted: str, fit: set[str]) -> None:
    assert {name for name in ("stock.import", "demo.greet", "x.y") if fits(name, wanted)} == fit


@pytest.mark.parametrize(
    ("text", "name", "begun", "at"),
    [
        ("", "", "", 0),
        ("sta", "", "sta", 0),
        ("a status:de", "status", "de", 9),
        ("-status:dead,ca", "status", "ca", 13),
        ("-ta", "", "ta", 1),
    ],
)
def test_what_stands_before_the_cursor_is_completed(text: str, name: str, begun: str, at: int) -> None:
    found = unfinished(text)
    assert (found.name, found.begun, found.at) == (name, begun, at)
