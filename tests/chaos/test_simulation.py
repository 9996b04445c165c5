"""A small town: it ends well, the same way each time, and what is broken is seen."""

from datetime import datetime

import pytest

from chaos.simulation.run import simulate
from contracts import transitions
from contracts.generation_data import ImageData
from contracts.transitions import Change, Reason, Snapshot

JOBS = 150
ENOUGH_TO_BE_SEEN = 300


@pytest.mark.parametrize("seed", [1, 2])
def test_every_request_of_a_small_town_ends_once_whatever_dies(seed: int) -> None:
    verdict = simulate(seed, JOBS)

    assert verdict.violations == []
    assert verdict.jobs >= JOBS
    assert len(verdict.faults) > 30


def test_the_same_seed_is_the_same_run() -> None:
    assert simulate(3, 60) == simulate(3, 60)
    assert simulate(3, 60).digest != simulate(4, 60).digest


def test_a_worker_whose_claim_nobody_checks_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def complete(
        generation: Snapshot, *, claim: str, generation_data: ImageData, now: datetime
    ) -> Change | Reason:
        del generation, claim
        return transitions._completed(generation_data, now)

    monkeypatch.setattr(transitions, "complete", complete)

    assert "changed after it was" in simulate(1, ENOUGH_TO_BE_SEEN).violations[0]
