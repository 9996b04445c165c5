"""A few machines hold; and they see what is broken."""

from datetime import datetime

import pytest

from chaos.machine.run import prove
from contracts import transitions
from contracts.generation_data import ImageData
from contracts.transitions import Change, Reason, Snapshot

FEW = 3_000
SEES_IT = 3
"""A seed that comes to it soon."""


def test_nothing_that_hypothesis_thinks_of_breaks_a_law() -> None:
    result = prove(1, FEW)

    assert result.violations == []


def test_the_same_seed_makes_the_same_moves() -> None:
    assert prove(2, 500) == prove(2, 500)


def test_files_that_are_adopted_though_it_has_ended_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def adopt(
        generation: Snapshot, *, created_at: datetime, generation_data: ImageData, now: datetime
    ) -> Change | Reason:
        del generation, created_at
        return transitions._completed(generation_data, now)

    monkeypatch.setattr(transitions, "adopt", adopt)

    (violation,) = prove(SEES_IT, 30_000).violations

    assert "'ended twice': 1" in violation
    assert "state.teardown()" in violation
