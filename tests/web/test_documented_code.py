"""The code of docs/frontend.md runs: each block is, word for word, part of a script that a test runs."""

import re
from pathlib import Path
from textwrap import indent

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {path: path.read_text() for path in (ROOT / "emulator_tests" / "browser" / "scripts").iterdir()}
PAGE = (ROOT / "docs" / "frontend.md").read_text()
BLOCKS = re.findall(r"^```(?:tsx?|js)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_there_is_code() -> None:
    assert len(BLOCKS) == 5


@pytest.mark.parametrize("block", BLOCKS)
def test_it_is_part_of_a_script_that_runs(block: str) -> None:
    assert any(block in script or indent(block, "  ") in script for script in SCRIPTS.values())
