"""So many requests in ten seconds, so many at a time."""

import contextlib

import pytest

from runpod_emulator.errors import TooManyRequestsError
from runpod_emulator.rate_limits import DOCUMENTED, RateLimits
from tests.runpod_emulator.clocks import still_clock


def use(limits: RateLimits, operation: str, times: int, *, running_workers: int = 0) -> None:
    for _ in range(times):
        with limits.let_in(operation, running_workers=running_workers):
            pass


@pytest.mark.parametrize("operation", list(DOCUMENTED))
def test_a_window_holds_as_many_as_documented_and_then_moves_on(operation: str) -> None:
    clock = still_clock()
    limits = RateLimits(clock)
    most = DOCUMENTED[operation].per_window

    use(limits, operation, most - 1)
    clock.advance(5.0)
    use(limits, operation, 1)
    with pytest.raises(TooManyRequestsError):
        use(limits, operation, 1)

    clock.advance(5.0)
    use(limits, operation, most - 1)
    with pytest.raises(TooManyRequestsError):
        use(limits, operation, 1)


def test_so_many_may_be_under_way_at_a_time() -> None:
    limits = RateLimits(still_clock())
    with contextlib.ExitStack() as under_way:
        for _ in range(20):
            under_way.enter_context(limits.let_in("cancel", running_workers=0))
        with pytest.raises(TooManyRequestsError, match="at a time"):
            use(limits, "cancel", 1)

    use(limits, "cancel", 1)


def test_running_workers_raise_the_limit_where_that_is_more() -> None:
    limits = RateLimits(still_clock(), per_running_worker=3)

    use(limits, "purge-queue", 6, running_workers=2)
    with pytest.raises(TooManyRequestsError):
        use(limits, "purge-queue", 1, running_workers=2)


def test_health_and_retry_have_no_limit() -> None:
    use(RateLimits(still_clock()), "health", 5000)
    use(RateLimits(still_clock()), "retry", 5000)
