"""What a mutant is made of is in the code, and one or two are caught here; `make chaos` takes them all."""

from pathlib import Path

import pytest

from chaos.oracle.mutants import ALL, Mutant
from chaos.oracle.run import PYTEST, SURVIVED, UNCHANGED, Nursery, copy_to, who_sees

ROOT = Path(__file__).parent.parent.parent


def test_there_are_enough() -> None:
    assert len({(mutant.file, mutant.was, mutant.becomes) for mutant in ALL}) == len(ALL) >= 30


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.what)
def test_what_it_takes_away_stands_there_once(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.was) == 1
    assert mutant.was != mutant.becomes


@pytest.mark.parametrize("what", ["any claim will do", "what never reached RunPod stays there"])
def test_a_mutant_is_seen(what: str) -> None:
    (mutant,) = [mutant for mutant in ALL if mutant.what == what]

    with Nursery() as nursery:
        assert who_sees(mutant, nursery) != SURVIVED


def test_who_finds_nothing_in_the_code_as_it_is_is_content(tmp_path: Path) -> None:
    """Else every mutant would be seen, by whoever looks first."""
    copy_to(tmp_path, UNCHANGED)

    with Nursery() as nursery:
        assert nursery.is_content([*PYTEST, "tests/contracts/test_status.py"], tmp_path)
