"""The words in which jobs are searched: `type:stock.import status:dead,cancelled data.sku:A-1 age:>1h -tag:test`.

A term is a qualifier with values: several, separated by commas, mean any of them; a minus before the term means not. Terms
follow each other and all must hold. A word without a qualifier is part of a type's name, or a job's id.
"""

import difflib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from jobs.core.errors import InvalidFilter
from jobs.core.states import OPEN, State

LONGEST, MOST_TERMS = 1000, 20
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
# What a status may be beside a state.
STATUSES = {"open": OPEN, "ended": frozenset(State) - OPEN}


class Kind(StrEnum):
    """What the values of a qualifier are."""

    NAME = "a name; * stands for any characters"
    TEXT = "a text"
    STATUS = f"one of {', '.join([*State, *STATUSES])}"
    ID = "an id"
    NUMBER = "a number, or a bound like >5"
    SPAN = "a bound like >1h; units are s, m, h, d, w"


@dataclass(frozen=True, slots=True)
class Qualifier:
    name: str
    kind: Kind
    summary: str
    example: str


QUALIFIERS = {
    q.name: q
    for q in (
        Qualifier("type", Kind.NAME, "Its job type", "type:stock.*"),
        Qualifier("status", Kind.STATUS, "Its state, or open, or ended", "status:dead"),
        Qualifier("queue", Kind.NAME, "Its queue", "queue:bulk"),
        Qualifier("tenant", Kind.NAME, "Whose it is", "tenant:default"),
        Qualifier("worker", Kind.NAME, "The worker that ran it last", "worker:*@host-1"),
        Qualifier("tag", Kind.TEXT, "One of its tags", "tag:nightly"),
        Qualifier("key", Kind.TEXT, "Its idempotency key", 'key:"upload 77"'),
        Qualifier("id", Kind.ID, "The job itself", "id:0198f2c4-…"),
        Qualifier("of", Kind.ID, "Retries of that job", "of:0198f2c4-…"),
        Qualifier("age", Kind.SPAN, "Time since it was submitted", "age:>1h"),
        Qualifier("took", Kind.SPAN, "How long its last attempt ran", "took:>30s"),
        Qualifier("priority", Kind.NUMBER, "0 to 10, 10 the most urgent", "priority:>7"),
        Qualifier("attempt", Kind.NUMBER, "The attempt that ran last", "attempt:>1"),
        Qualifier("error", Kind.NAME, "The exception of its last failure", "error:ValueError"),
        Qualifier("failure", Kind.TEXT, "The group of failures it belongs to", "failure:5d41402abc4b2a76"),
        Qualifier("by", Kind.TEXT, "Who submitted it", "by:ada"),
        Qualifier("data", Kind.TEXT, "A field of its payload", "data.sku:A-1"),
    )
}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `bound` is one of < <= > >=, or nothing; `path` leads into the payload."""

    name: str
    values: tuple[str, ...]
    bound: str = ""
    negated: bool = False
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = ".".join([self.name, *self.path])
        return f"{'-' if self.negated else ''}{name}:{self.bound}{','.join(map(quoted, self.values))}"

    @property
    def span(self) -> timedelta:
        """The value of a SPAN."""
        number, unit = self.values[0][:-1], self.values[0][-1]
        return timedelta(**{UNITS[unit]: float(number)})


_NAME = re.compile(r"(-?)([a-z]+)((?:\.[^\s:.\"]+)*):")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_BARE = re.compile(r'[^\s,"]+')
_PLAIN = re.compile(r'[^\s,"<>][^\s,"]*')
_SPAN = re.compile(r"\d{1,6}(?:\.\d{1,3})?[smhdw]")
_WORD = re.compile(r"\*?[\w.-]+\*?")


def parse(text: str) -> tuple[Term, ...]:
    """The terms of the text; raises InvalidFilter, which says what is wrong and what would be right."""
    if len(text) > LONGEST:
        raise _wrong(f"A search has at most {LONGEST} characters.")
    if "\0" in text:
        raise _wrong("A search has no zero bytes.")
    terms = tuple(_terms(text))
    if len(terms) > MOST_TERMS:
        raise _wrong(f"A search has at most {MOST_TERMS} terms.")
    return terms


def _terms(text: str) -> Iterator[Term]:
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return
        named = _NAME.match(text, at)
        if named:
            term, at = _qualified(text, named)
        else:
            term, at = _word(text, at)
        if at < len(text) and not text[at].isspace():
            raise _wrong(f"A space is missing before {text[at : at + 20]!r}.")
        yield term


def _word(text: str, at: int) -> tuple[Term, int]:
    word = text[at:].split(maxsplit=1)[0]
    if _is_id(word):
        return Term("id", (word.lower(),)), at + len(word)
    if not _WORD.fullmatch(word) or word.startswith("-"):
        raise _wrong(f"{word!r} is neither a qualifier with a value, like status:dead, nor part of a job type's name.")
    return Term("type", (f"*{word.strip('*')}*",)), at + len(word)


def _qualified(text: str, named: re.Match[str]) -> tuple[Term, int]:
    minus, name, path = named.groups()
    if name not in QUALIFIERS or bool(path) != (name == "data"):
        raise _unknown(name + path)
    at, kind, bound = named.end(), QUALIFIERS[name].kind, ""
    if kind in (Kind.NUMBER, Kind.SPAN) and (sign := re.compile("[<>]=?").match(text, at)):
        bound, at = sign[0], sign.end()
    values, at = _values(text, at, name)
    term = Term(name, values, bound, bool(minus), tuple(path.split(".")[1:]))
    _check(term, kind)
    return term, at


def _values(text: str, at: int, name: str) -> tuple[tuple[str, ...], int]:
    values = []
    while True:
        if quoted := _QUOTED.match(text, at):
            values.append(re.sub(r"\\(.)", r"\1", quoted[1]))
            at = quoted.end()
        elif bare := _BARE.match(text, at):
            values.append(bare[0])
            at = bare.end()
        elif at < len(text) and text[at] == '"':
            raise _wrong(f"The quotation mark after {name}: is not closed.")
        else:
            raise _wrong(f"{name}: needs a value: {QUALIFIERS[name].kind}, like {QUALIFIERS[name].example}.")
        if at == len(text) or text[at] != ",":
            return tuple(values), at
        at += 1


def _check(term: Term, kind: Kind) -> None:
    for value in term.values:
        wrong = {
            Kind.STATUS: value not in {*State, *STATUSES},
            Kind.ID: not _is_id(value),
            Kind.NUMBER: not re.fullmatch(r"\d{1,4}", value),
            Kind.SPAN: not _SPAN.fullmatch(value) or not term.bound,
            Kind.NAME: "*" in value.strip("*"),
        }.get(kind, False)
        if wrong:
            near = difflib.get_close_matches(value, [*State, *STATUSES], n=1) if kind is Kind.STATUS else []
            hint = f" Did you mean {near[0]}?" if near else ""
            raise _wrong(f"{term.name}: takes {kind}, like {QUALIFIERS[term.name].example}; not {value!r}.{hint}")
    if term.bound and len(term.values) > 1:
        raise _wrong(f"{term.name}: takes one bound.")


def _unknown(name: str) -> InvalidFilter:
    if name == "data":
        return _wrong("data needs the name of a field: data.sku:A-1.")
    near = difflib.get_close_matches(name, QUALIFIERS, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(QUALIFIERS)}."
    return _wrong(f"There is no qualifier {name!r}. {hint}")


def _wrong(sentence: str) -> InvalidFilter:
    return InvalidFilter(sentence, {"q": sentence})


def _is_id(text: str) -> bool:
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def quoted(value: str) -> str:
    """The value as it is written in a term."""
    if _PLAIN.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def fits(name: str, wanted: str) -> bool:
    """Does a name fit the value of a NAME, with * at its beginning or end?"""
    core = wanted.strip("*")
    if wanted.startswith("*"):
        return core in name if wanted.endswith("*") else name.endswith(core)
    return name.startswith(core) if wanted.endswith("*") else name == wanted


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What stands before the cursor: a qualifier without a colon yet (`name` is empty), or the beginning of a value."""

    name: str
    begun: str
    # Where in the text what is begun starts.
    at: int


def unfinished(text: str) -> Unfinished:
    """The word at the end of the text, for completion; any text will do."""
    word = re.search(r"\S*\Z", text)
    start = word.start() if word else len(text)
    inside = re.match(r"-?([a-z]+):(?:[^\s]*,)?", text[start:])
    if inside and inside[1] in QUALIFIERS:
        at = start + inside.end()
        return Unfinished(inside[1], text[at:].lstrip('"'), at)
    minus = 1 if text[start:].startswith("-") else 0
    return Unfinished("", text[start + minus :], start + minus)
