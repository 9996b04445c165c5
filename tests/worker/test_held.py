"""How many jobs a worker holds."""

import pytest

from worker.held import MOST, jobs_held


@pytest.mark.parametrize(
    ("gpu", "after", "held"),
    [(0.5, 0.3, 4), (0.1, 0.3, 14), (60.0, 0.5, 2), (0.001, 0.3, MOST), (0.0, 0.0, MOST)],
    ids=["half a second", "short", "a video", "next to nothing", "nothing"],
)
def test_those_held_last_until_the_sdk_looks_again(gpu: float, after: float, held: int) -> None:
    assert jobs_held(gpu, after) == held


def test_the_next_batch_is_here_before_the_one_on_the_gpu_is_done() -> None:
    assert jobs_held(0.2, 0.3, together=8) == 8 + 8
    assert jobs_held(0.05, 0.3, together=8) == 8 + 26
