"""The exhaustive model, small; and that it sees what is broken."""

from collections.abc import Iterator

import pytest

from chaos.model.exploration import explore
from chaos.model.scenes import FAILURES, failures_that_end, prove
from chaos.model.state import Budget
from contracts import transitions
from contracts.transitions import Change, Reason, Snapshot


@pytest.fixture(autouse=True)
def few_failures() -> Iterator[None]:
    with failures_that_end(FAILURES):
        yield


def test_every_state_of_the_small_scenes_is_lawful_and_ends() -> None:
    result = prove(1, "small")

    assert result.violations == []


def test_a_scene_is_walked_the_same_way_each_time() -> None:
    assert explore(Budget(refusals=1)) == explore(Budget(refusals=1))


def test_a_fence_that_is_not_there_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def _not_mine(generation: Snapshot, claim: str) -> Reason | None:
        return Reason.ENDED if generation.is_terminal else None

    monkeypatch.setattr(transitions, "_not_mine", _not_mine)

    explored = explore(Budget())

    assert "claimed what is not his" in explored.broken
    assert len(explored.trace) > 5


def test_an_ending_that_does_not_absorb_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = transitions.cancel

    def cancel(generation: Snapshot, **named: object) -> Change | Reason:
        outcome = real(generation, **named)  # type: ignore[arg-type]
        if outcome is Reason.ENDED:
            return Change(set={"status": "cancelled"})
        return outcome

    monkeypatch.setattr(transitions, "cancel", cancel)

    assert "changed a document that is" in explore(Budget(cancels=1)).broken
