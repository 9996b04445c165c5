"""Log lines as Cloud Logging reads them."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.json_logs import log_as_json

PACKAGE = "a_package_of_this_test"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    lines = io.StringIO()
    log_as_json(PACKAGE, stream=lines)
    yield lines
    logging.getLogger(PACKAGE).handlers = []


@pytest.fixture
def log() -> logging.Logger:
    return logging.getLogger(f"{PACKAGE}.a_module")


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_its_fields(stream: io.StringIO, log: logging.Logger) -> None:
    log.info("dispatched", extra={"generation": "generations/ü/images/f1", "attempt": 1})

    assert lines_of(stream) == [
        {"severity": "INFO", "message": "dispatched", "generation": "generations/ü/images/f1", "attempt": 1}
    ]


def test_a_text_with_line_breaks_cannot_forge_a_line(stream: io.StringIO, log: logging.Logger) -> None:
    log.warning("odd", extra={"field": 'x"}\n{"severity": "CRITICAL", "message": "forged"}'})

    (line,) = lines_of(stream)
    assert line["severity"] == "WARNING"


def test_what_json_does_not_know_is_written_as_text(stream: io.StringIO, log: logging.Logger) -> None:
    log.info("at", extra={"moment": datetime(2026, 11, 23, tzinfo=UTC)})

    assert lines_of(stream)[0]["moment"] == "2026-11-23 00:00:00+00:00"


def test_an_exception_stays_on_its_line(stream: io.StringIO, log: logging.Logger) -> None:
    def break_down() -> None:
        msg = "broken"
        raise ValueError(msg)

    try:
        break_down()
    except ValueError:
        log.exception("failed")

    (line,) = lines_of(stream)
    assert line["exception"].endswith("ValueError: broken")


def test_debug_and_other_packages_are_not_logged(stream: io.StringIO, log: logging.Logger) -> None:
    log.debug("detail")
    logging.getLogger(f"{PACKAGE}_and_another").error("foreign")

    assert lines_of(stream) == []


def test_a_line_is_not_handed_on_to_be_written_again(stream: io.StringIO, log: logging.Logger) -> None:
    """Cloud Functions and RunPod have handlers of their own at the root."""
    at_the_root = io.StringIO()
    handler = logging.StreamHandler(at_the_root)
    logging.getLogger().addHandler(handler)
    log.warning("once")
    logging.getLogger().removeHandler(handler)

    assert len(lines_of(stream)) == 1
    assert at_the_root.getvalue() == ""


def test_each_line_is_written_once_however_often_it_was_set_up(stream: io.StringIO, log: logging.Logger) -> None:
    log_as_json(PACKAGE, stream=stream)

    log.info("once")

    assert len(lines_of(stream)) == 1
