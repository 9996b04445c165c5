"""One clock: it runs fast, it leaps, and everything that is due happens in its order."""

import asyncio
import logging
import time

import pytest

from runpod_emulator.clock import SWEEP_ABOVE, Clock
from runpod_emulator.deadlines import Deadlines
from tests.runpod_emulator.clocks import still_clock


def test_it_starts_at_zero_and_runs_as_fast_as_it_is_told() -> None:
    now = 100.0
    clock = Clock(source=lambda: now, speed=2.0)

    assert clock() == 0.0
    now += 3.0
    assert clock() == 6.0
    clock.set_speed(10.0)
    now += 1.0
    assert clock() == 16.0


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_no_time_passes_backwards_or_infinitely_fast(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Clock(speed=speed)


def test_a_leap_calls_everything_that_is_due_in_its_order_at_its_own_time() -> None:
    clock, called = still_clock(), []
    clock.call_later(3.0, lambda: called.append(("third", clock())))
    clock.call_later(1.0, lambda: called.append(("first", clock())))
    clock.call_later(1.0, lambda: called.append(("second", clock())))
    clock.call_later(9.0, lambda: called.append(("late", clock())))

    clock.advance(5.0)

    assert called == [("first", 1.0), ("second", 1.0), ("third", 3.0)]
    assert clock() == 5.0


def test_what_is_set_on_the_way_happens_on_the_way() -> None:
    clock, ticks = still_clock(), []

    def tick() -> None:
        ticks.append(clock())
        clock.call_later(10.0, tick)

    clock.call_later(10.0, tick)
    clock.advance(35.0)

    assert ticks == [10.0, 20.0, 30.0]


def test_a_cancelled_timer_is_not_called_and_takes_no_room() -> None:
    clock, called = still_clock(), []
    timers = [clock.call_later(100.0, lambda: called.append("no")) for _ in range(10 * SWEEP_ABOVE)]

    for timer in timers:
        clock.cancel(timer)
        clock.cancel(timer)

    assert clock.pending() == 0
    assert len(clock._timers) <= SWEEP_ABOVE + 1
    clock.advance(200.0)
    assert called == []


def test_a_callback_that_fails_is_logged_and_the_next_is_called(caplog: pytest.LogCaptureFixture) -> None:
    clock, called = still_clock(), []

    def fail() -> None:
        raise KeyError

    clock.call_later(1.0, fail)
    clock.call_later(1.0, lambda: called.append("next"))
    with caplog.at_level(logging.ERROR):
        clock.advance(2.0)

    assert called == ["next"]
    assert [record.message for record in caplog.records] == ["timer_failed"]


def test_in_an_event_loop_timers_come_by_themselves_and_a_fast_clock_brings_them_sooner() -> None:
    async def story() -> list[str]:
        clock, called = Clock(speed=1000.0), []
        clock.attach()
        done = asyncio.Event()
        clock.call_later(20.0, lambda: called.append("second"))
        clock.call_later(20.0, done.set)
        clock.call_later(10.0, lambda: called.append("first"))
        async with asyncio.timeout(10):
            await done.wait()
        clock.detach()
        return called

    assert asyncio.run(story()) == ["first", "second"]


def test_a_change_of_speed_reaches_timers_that_were_set_before() -> None:
    async def story() -> None:
        clock = Clock()
        clock.attach()
        done = asyncio.Event()
        clock.call_later(3600.0, done.set)
        clock.set_speed(100_000.0)
        async with asyncio.timeout(20):
            await done.wait()
        clock.detach()

    asyncio.run(story())


def test_a_leap_lets_what_it_wakes_run_before_the_next_is_due() -> None:
    async def story() -> list[float]:
        clock, woken = still_clock(), []

        async def sleeper() -> None:
            for _ in range(3):
                await clock.sleep(10.0)
                woken.append(clock())

        task = asyncio.create_task(sleeper())
        await asyncio.sleep(0)
        await clock.leap(35.0)
        await task
        return woken

    assert asyncio.run(story()) == [10.0, 20.0, 30.0]


def test_a_leap_waits_for_work_that_takes_real_time() -> None:
    async def story() -> list[float]:
        clock, ended = still_clock(), []

        async def work() -> None:
            await asyncio.sleep(0.05)
            ended.append(clock())

        clock.call_later(10.0, lambda: clock.watch(asyncio.ensure_future(work())))
        clock.call_later(20.0, lambda: None)
        await clock.leap(60.0)
        return ended

    assert asyncio.run(story()) == [10.0]


def test_two_leaps_at_once_are_one_after_the_other() -> None:
    async def story() -> float:
        clock = still_clock()
        await asyncio.gather(clock.leap(10.0), clock.leap(20.0))
        return clock()

    assert asyncio.run(story()) == 30.0


def test_a_leap_that_is_given_up_stays_where_it_is() -> None:
    async def story() -> tuple[float, bool]:
        clock = still_clock()
        leap = asyncio.create_task(clock.leap(100.0))
        clock.call_later(40.0, leap.cancel)
        await asyncio.gather(leap, return_exceptions=True)
        return clock(), clock.leaping

    assert asyncio.run(story()) == (40.0, False)


def test_a_timeout_runs_on_this_clock() -> None:
    async def story() -> None:
        clock = still_clock()

        async def wait() -> None:
            async with clock.timeout(60.0):
                await asyncio.Event().wait()

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        await clock.leap(59.0)
        assert not task.done()
        await clock.leap(2.0)
        with pytest.raises(TimeoutError):
            await task

    asyncio.run(story())


def test_what_needs_real_time_waits_until_a_leap_has_landed() -> None:
    clock, started = still_clock(), []
    clock.call_later(5.0, lambda: clock.when_landed(lambda: started.append(clock())))

    clock.advance(100.0)
    clock.when_landed(lambda: started.append(-1.0))

    assert started == [100.0, -1.0]


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), 1e12])
def test_a_leap_is_forward_and_not_endless(seconds: float) -> None:
    async def story() -> None:
        with pytest.raises(ValueError, match="leap"):
            await still_clock().leap(seconds)

    asyncio.run(story())


def test_a_deadline_replaces_the_one_of_its_name_and_leaves_nothing_behind() -> None:
    clock, called = still_clock(), []
    deadlines = Deadlines(clock)
    deadlines.set("job-1", "ttl", 5.0, lambda: called.append("old"))
    deadlines.set("job-1", "ttl", 7.0, lambda: called.append("new"))
    deadlines.set("job-1", "lease", 1.0, lambda: called.append("cancelled"))
    deadlines.cancel("job-1", "lease", "nothing")

    assert (deadlines.get("job-1", "ttl"), deadlines.get("job-1", "lease")) == (7.0, None)
    clock.advance(10.0)

    assert (called, len(deadlines), clock.pending()) == (["new"], 0, 0)


def test_the_real_clock_moves() -> None:
    clock = Clock()
    deadline = time.monotonic() + 10
    while clock() == 0.0:
        assert time.monotonic() < deadline
