"""What is expected, from what was."""

import pytest

from tests.worker.test_batching import kind
from worker.pace import WEIGHT_OF_THE_LAST, Expected, Pace, Throttle


def test_nothing_is_expected_of_a_kind_that_was_never_made() -> None:
    pace = Pace()
    pace.remember(kind(), Expected(step=1.0, rest=2.0))

    assert pace.expect(kind(width=128)) is None
    assert pace.expect(kind()) == Expected(step=1.0, rest=2.0)


def test_the_last_one_counts_more_than_those_before() -> None:
    pace = Pace()
    pace.remember(kind(), Expected(step=1.0, rest=0.0))
    pace.remember(kind(), Expected(step=2.0, rest=1.0))

    expected = pace.expect(kind())

    assert expected is not None
    assert expected.step == pytest.approx(1.0 + WEIGHT_OF_THE_LAST)
    assert expected.rest == pytest.approx(WEIGHT_OF_THE_LAST)


def test_a_throttle_lets_the_first_through_and_then_one_in_so_many_seconds() -> None:
    times = [100.0, 100.5, 100.99, 101.0, 101.5, 103.0]
    throttle = Throttle(1.0, monotonic=iter(times).__next__)

    assert [throttle.lets_through() for _ in times] == [True, False, False, True, False, True]
