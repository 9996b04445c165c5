"""The clock that runs while a job is made."""

import contextlib
import threading

import pytest

from contracts.errors import ErrorCode, Unavailable
from tests.worker.cloud_places import IMAGE_PATH
from tests.worker.jobs_in_a_lane import Follower
from tests.worker.painters import Painter
from tests.worker.test_batching import MODEL, asked
from worker.making import make


@pytest.mark.parametrize(("late", "steps"), [(0.0, 3), (1.0, 1)], ids=["in time", "too late"])
def test_what_takes_longer_than_the_model_may_ends_at_the_next_step(late: float, steps: int) -> None:
    """RunPod would end it without a word; so it is given back with a reason."""
    now = 0.0
    taken: list[int] = []

    def take_time(step: int) -> None:
        nonlocal now
        now = MODEL.execution_timeout_seconds + late
        taken.append(step)

    with Painter(at_step=take_time).turn(MODEL, {}, threading.Event()) as gpu:
        request = asked(num_inference_steps=3)
        with pytest.raises(Unavailable) if late else contextlib.nullcontext() as ended:
            make(IMAGE_PATH, MODEL, request, 1, gpu=gpu, watcher=Follower(), monotonic=lambda: now)

    assert ended is None or ended.value.failure.code is ErrorCode.TIMED_OUT
    assert len(taken) == steps
