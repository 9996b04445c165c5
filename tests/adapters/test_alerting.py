"""A call of the operator, as Cloud Logging reads it."""

import io
import json
import logging

import pytest

from adapters import alerting
from adapters.alerting import call_operator
from adapters.json_logs import JsonFormatter


def test_a_call_is_one_line_of_the_severity_critical(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    monkeypatch.setattr(alerting.log, "handlers", [handler])

    call_operator("runpod_no_credit", "Pay some in.", document="generations/u1/images/f1")

    (line,) = lines.getvalue().splitlines()
    assert json.loads(line) == {
        "severity": "CRITICAL",
        "message": "operator_needed",
        "code": "runpod_no_credit",
        "what": "Pay some in.",
        "document": "generations/u1/images/f1",
    }
