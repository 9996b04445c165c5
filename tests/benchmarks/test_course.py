"""What is said of jobs from the moments at which the endpoint saw them."""

import pytest

from benchmarks.endpoint import Course, MeasurementFailed
from benchmarks.intervals import Interval
from benchmarks.overlap import LOADS, check_shared_by_nobody

COURSE = Course(
    submitted={"a": 0.0, "b": 0.0, "c": 1.0},
    taken={"a": 2.0, "b": 2.5, "c": 4.0},
    ended={"a": 4.0, "b": 5.0, "c": 6.0},
)
LOAD = LOADS[0]


def turns(count: int, seconds: float = LOAD.gpu_seconds) -> list[Interval]:
    return [Interval(start=float(number), end=number + seconds) for number in range(count)]


def test_jobs_per_second_count_from_the_first_one_taken_to_the_last_one_answered() -> None:
    assert COURSE.jobs_per_second == pytest.approx(3 / 4)


def test_a_job_is_held_from_when_it_is_taken_until_it_is_answered() -> None:
    assert COURSE.most_held == 2


def test_a_latency_begins_with_the_submission() -> None:
    assert COURSE.latencies == [4.0, 5.0, 5.0]


def test_a_gpu_that_two_jobs_had_at_once_is_no_measurement() -> None:
    with pytest.raises(MeasurementFailed, match="shared"):
        check_shared_by_nobody([*turns(3), Interval(start=0.1, end=0.6)], 4, LOAD)


def test_a_gpu_that_was_used_for_less_than_the_jobs_need_is_no_measurement() -> None:
    check_shared_by_nobody(turns(4), 4, LOAD)
    with pytest.raises(MeasurementFailed, match="used"):
        check_shared_by_nobody(turns(4), 5, LOAD)
