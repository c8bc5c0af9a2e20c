"""Each line of the log is one JSON object, whatever it tells and whoever says it."""

import io
import json
import logging
import logging.config
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.conf import settings


@pytest.fixture
def written() -> Any:
    """The lines that a logger of the test has written, as objects."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    described = dict(settings.LOGGING["formatters"]["json"])
    handler.setFormatter(logging.config.DictConfigurator({}).configure_custom(described))
    logger = logging.getLogger("test.json_lines")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    logger.removeHandler(handler)


def _fail() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger("test.json_lines").exception("it.failed")


@pytest.mark.parametrize("value", [7, "Grüße", {"a": [1, 2]}, "half \ud83d of a pair", 2**70])
def test_a_line_tells_any_value(value: Any, written: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.get_logger("test.json_lines").info("it.happened", value=value)
    (line,) = written()
    assert (line["event"], line["level"], line["logger"], line["value"]) == ("it.happened", "info", "test.json_lines", value)


def test_a_line_tells_what_json_has_no_word_for_as_text(written: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.get_logger("test.json_lines").info("it.happened", value=Path("a/b"))
    assert written()[0]["value"] == "a/b"


def test_a_failure_is_told_with_where_it_happened(written: Callable[[], list[dict[str, Any]]]) -> None:
    _fail()
    (line,) = written()
    assert "ValueError: broken" in line["exception"]


def test_a_line_of_another_library_is_one_too(written: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("test.json_lines").warning("%d of %s", 3, "them")
    (line,) = written()
    assert (line["event"], line["level"]) == ("3 of them", "warning")
