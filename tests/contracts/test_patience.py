from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.patience import Patience
from contracts.retries import GIVE_UP_AFTER, MAX_FAILURES

PATIENCE = Patience()
AGAIN = st.integers(1, 10**9)
CHANCE = st.floats(0, 1)


@pytest.mark.parametrize(("again", "seconds"), [(1, 10), (2, 40), (3, 160), (4, 600), (5, 600), (10**9, 600)])
def test_each_pause_is_four_times_the_one_before_up_to_a_limit(again: int, seconds: int) -> None:
    assert PATIENCE.pause_before(again, 1) == timedelta(seconds=seconds)


@given(again=AGAIN, chance=CHANCE)
def test_chance_takes_no_more_than_half_of_a_pause_away(again: int, chance: float) -> None:
    longest = PATIENCE.pause_before(again, 1)

    assert longest / 2 <= PATIENCE.pause_before(again, chance) <= longest


@given(again=AGAIN, chance=CHANCE)
def test_a_pause_is_never_shorter_than_half_the_shortest_nor_longer_than_the_longest(
    again: int, chance: float
) -> None:
    assert PATIENCE.shortest_pause / 2 <= PATIENCE.pause_before(again, chance) <= PATIENCE.longest_pause


@given(again=AGAIN, one=CHANCE, other=CHANCE)
def test_those_that_failed_together_come_back_apart(again: int, one: float, other: float) -> None:
    apart = PATIENCE.pause_before(again, one) - PATIENCE.pause_before(again, other)

    assert apart / PATIENCE.pause_before(again, 1) == pytest.approx((one - other) / 2, abs=1e-5)


@given(again=AGAIN, chance=CHANCE)
def test_a_later_pause_is_never_shorter(again: int, chance: float) -> None:
    assert PATIENCE.pause_before(again, chance) <= PATIENCE.pause_before(again + 1, chance)


def test_three_failures_and_all_pauses_between_them_fit_into_a_day() -> None:
    pauses = [PATIENCE.pause_before(again, 1) for again in range(1, MAX_FAILURES)]

    assert MAX_FAILURES == 3
    assert sum(pauses, PATIENCE.breaker) < GIVE_UP_AFTER
