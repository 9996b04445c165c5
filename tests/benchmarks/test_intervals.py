"""What is said of times in which something was under way."""

import pytest

from benchmarks.intervals import Interval, busy_fraction, merged, most_at_once


def intervals(*pairs: tuple[float, float]) -> list[Interval]:
    return [Interval(start=start, end=end) for start, end in pairs]


def test_the_time_before_the_first_and_after_the_last_does_not_count() -> None:
    assert busy_fraction(intervals((100.0, 101.0), (103.0, 104.0))) == pytest.approx(0.5)


def test_time_that_two_share_counts_once() -> None:
    assert busy_fraction(intervals((0.0, 3.0), (1.0, 2.0), (2.5, 4.0), (6.0, 8.0))) == pytest.approx(6 / 8)


def test_the_order_in_which_they_come_does_not_matter() -> None:
    assert busy_fraction(intervals((3.0, 4.0), (0.0, 1.0))) == pytest.approx(0.5)


def test_without_a_gap_everything_is_busy() -> None:
    assert busy_fraction(intervals((0.0, 1.0), (1.0, 2.0))) == 1.0


@pytest.mark.parametrize("pairs", [[], [(1.0, 1.0)]], ids=["none", "one without length"])
def test_where_no_time_passes_nothing_can_be_said(pairs: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="no time"):
        busy_fraction(intervals(*pairs))


def test_those_that_touch_are_joined() -> None:
    assert merged(intervals((2.0, 3.0), (0.0, 1.0), (1.0, 1.5))) == intervals((0.0, 1.5), (2.0, 3.0))


def test_one_that_ends_as_another_starts_is_over_by_then() -> None:
    assert most_at_once(intervals((0.0, 1.0), (1.0, 2.0))) == 1


def test_most_at_once_is_taken_at_the_fullest_moment() -> None:
    assert most_at_once(intervals((0.0, 5.0), (1.0, 3.0), (2.0, 4.0), (3.5, 6.0), (10.0, 11.0))) == 3


def test_nothing_is_never_under_way() -> None:
    assert most_at_once([]) == 0
