"""What the documentation says of the code is so."""

import inspect
import re
from pathlib import Path

from contracts import transitions
from contracts.status import Status

ROOT = Path(__file__).parent.parent
STATES = (ROOT / "docs" / "states.md").read_text()
TRANSITIONS = {
    name
    for name, member in inspect.getmembers(transitions, inspect.isfunction)
    if member.__module__ == transitions.__name__ and not name.startswith("_")
}


def test_the_table_of_states_names_every_transition_and_no_other() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", STATES, re.MULTILINE)) == TRANSITIONS


def test_the_diagram_of_states_names_every_transition_and_every_status() -> None:
    diagram = STATES.partition("```mermaid")[2].partition("```")[0]
    arrows = re.findall(r"^  (\S+) --> (\S+)(?:: (.*))?$", diagram, re.MULTILINE)

    named = {word for _, _, words in arrows if words for word in words.split(", ")}
    assert named - {"the page creates the document"} == TRANSITIONS
    assert {state for start, end, _ in arrows for state in (start, end)} - {"[*]"} == set(Status)


def test_every_file_that_the_documentation_names_is_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name
        for page in pages
        for name in re.findall(r"`([\w./-]+\.(?:py|ts|toml|rules|json|md))`", page.read_text())
        if "/" in name
    }

    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_decision_records_are_short() -> None:
    for record in (ROOT / "docs" / "decisions").glob("*.md"):
        assert len(record.read_text().splitlines()) < 40
