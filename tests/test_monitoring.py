"""The alert policies wait for what the code says, and have the form that Cloud Monitoring documents."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from adapters.alerting import OPERATOR_NEEDED
from contracts.dead_letter import DEAD_LETTERS
from triggers.sweep import SWEPT, Tally

ROOT = Path(__file__).parent.parent
POLICIES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in (ROOT / "monitoring").glob("*.json")
}
DEPLOY = (ROOT / "docs" / "deploy.md").read_text()


def condition(name: str, kind: str) -> dict[str, Any]:
    """The one condition of a policy."""
    (only,) = POLICIES[name]["conditions"]
    found: dict[str, Any] = only[kind]
    return found


def named_in(text: str) -> tuple[set[str], set[str]]:
    """The events and the other fields of a log line that a filter, or an extractor, names."""
    named = set(re.findall(r"jsonPayload\.(\w+)", text)) - {"message"}
    return set(re.findall(r'jsonPayload\.message="(\w+)"', text)), named


def test_an_operator_who_is_needed_is_called_with_what_to_do() -> None:
    matched = condition("operator_needed", "conditionMatchedLog")

    assert named_in(str(matched)) == ({OPERATOR_NEEDED}, {"code", "what"})
    assert "severity=CRITICAL" in matched["filter"]
    labels = set(
        re.findall(r"\$\{log\.extracted_label\.(\w+)\}", POLICIES["operator_needed"]["documentation"]["content"])
    )
    assert labels == matched["labelExtractors"].keys()


def test_who_waits_too_long_is_read_from_the_sweepers_line() -> None:
    events, named = named_in(condition("waiting_too_long", "conditionMatchedLog")["filter"])

    assert events == {SWEPT}
    assert named == {"oldest_overdue_seconds"} <= {field.name for field in fields(Tally)}


def test_a_sweeper_that_is_silent_is_missed_by_the_metric_that_is_made_of_its_line() -> None:
    metric = re.search(r'user/(\w+)"', condition("sweeper_silent", "conditionAbsent")["filter"])
    created = re.search(r"gcloud logging metrics create (\w+) .*?--log-filter='(.*?)'", DEPLOY, re.DOTALL)

    assert metric
    assert created
    assert created[1] == metric[1]
    assert named_in(created[2]) == ({SWEPT}, set())


def test_a_dead_letter_is_counted_on_its_topic() -> None:
    assert f'topic_id="{DEAD_LETTERS}"' in condition("dead_letter", "conditionThreshold")["filter"]


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_each_policy_has_what_cloud_monitoring_asks_for(policy: dict[str, Any]) -> None:
    (only,) = policy["conditions"]
    (kind,) = only.keys() - {"displayName"}

    assert policy["combiner"] == "OR"
    assert policy["documentation"]["content"]
    assert "resource.type=" in only[kind]["filter"]
    assert ("alertStrategy" in policy) == (kind == "conditionMatchedLog")  # such a one must have a rate limit
    assert "notificationChannels" not in policy  # whom to tell is each operator's own
