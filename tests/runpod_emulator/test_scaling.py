"""How many workers there should be."""

import pytest

from runpod_emulator.scaling import Demand, Scaler, Scaling, seconds_until_overdue, workers_missing, workers_wanted

BY_DELAY = Scaling(max_workers=5)
BY_COUNT = Scaling(max_workers=5, scaler=Scaler.REQUEST_COUNT, value=4)


def demand(waited: list[float], *, running: int = 0, workers: int = 0, free: int = 0) -> Demand:
    return Demand(waited_seconds=waited, running=running, workers=workers, free_workers=free)


def test_by_delay_a_job_that_has_waited_too_long_gets_a_worker() -> None:
    assert workers_wanted(BY_DELAY, demand([3.9])) == 0
    assert workers_wanted(BY_DELAY, demand([4.0])) == 1
    assert workers_wanted(BY_DELAY, demand([4.0, 5.0, 0.0], running=2, workers=2)) == 4


def test_by_delay_a_free_worker_is_expected_to_take_it() -> None:
    assert workers_wanted(BY_DELAY, demand([4.0, 5.0], workers=1, free=1)) == 2
    assert workers_wanted(BY_DELAY, demand([4.0], workers=1, free=1)) == 1


def test_by_count_there_is_one_for_so_many_jobs() -> None:
    assert workers_wanted(BY_COUNT, demand([])) == 0
    assert workers_wanted(BY_COUNT, demand([0.0])) == 1
    assert workers_wanted(BY_COUNT, demand([0.0] * 4, running=1)) == 2


def test_there_are_never_more_than_the_most_nor_fewer_than_the_least() -> None:
    assert workers_wanted(BY_DELAY, demand([9.0] * 100)) == 5
    assert workers_wanted(BY_COUNT, demand([9.0] * 100)) == 5
    assert workers_wanted(Scaling(min_workers=2), demand([])) == 2


def test_a_worker_that_is_no_help_still_takes_a_place() -> None:
    crowded = Demand(waited_seconds=[9.0] * 9, running=0, workers=2, free_workers=0, places_taken=2)

    assert workers_missing(BY_DELAY, crowded) == 1


def test_it_is_known_when_a_job_will_have_waited_too_long() -> None:
    assert seconds_until_overdue(BY_DELAY, demand([1.0, 3.5, 9.0])) == 0.5
    assert seconds_until_overdue(BY_DELAY, demand([9.0])) is None
    assert seconds_until_overdue(BY_DELAY, demand([1.0], workers=5)) is None
    assert seconds_until_overdue(BY_COUNT, demand([1.0])) is None


def test_a_wait_short_of_the_limit_by_a_rounding_error_has_reached_it() -> None:
    almost = 4.0 - 1e-12

    assert workers_wanted(BY_DELAY, demand([almost])) == 1
    assert seconds_until_overdue(BY_DELAY, demand([almost])) is None


@pytest.mark.parametrize(
    "limits",
    [
        {"min_workers": -1},
        {"min_workers": 4},
        {"max_workers": -1},
        {"value": -1.0},
        {"value": float("nan")},
        {"value": 0.0, "scaler": Scaler.REQUEST_COUNT},
        {"idle_timeout_seconds": -1.0},
        {"idle_timeout_seconds": float("inf")},
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Scaling(**limits)  # type: ignore[arg-type]
