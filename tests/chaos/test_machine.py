"""A few machines hold; and they see what is broken."""

import pytest

from chaos.machine.run import prove
from contracts import transitions

FEW = 3_000


def test_nothing_that_hypothesis_thinks_of_breaks_a_law() -> None:
    result = prove(1, FEW)

    assert result.violations == []


def test_the_same_seed_makes_the_same_moves() -> None:
    assert prove(2, 500) == prove(2, 500)


def test_an_ending_that_does_not_absorb_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "_open", lambda generation: generation)

    (violation,) = prove(4, 150_000).violations

    assert "changed after it was" in violation or "ended twice" in violation
    assert "state.begins" in violation
