"""The workers that the emulator starts itself: real processes, on a clock that the test moves."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from runpod_emulator import FleetSettings, Scaler, Scaling, Settings
from runpod_emulator.fault_rules import read_rule
from runpod_emulator.fleet import Fleet
from tests.runpod_emulator.in_process import Stage, Story, play, until
from tests.runpod_emulator.processes import HANDLERS, wait_until

AT_ONCE = Scaling(scaler=Scaler.REQUEST_COUNT, value=1)


def command(behaviour: str) -> tuple[str, ...]:
    return (sys.executable, "-S", str(HANDLERS / "plain_worker.py"), behaviour)


def play_fleet(story: Story, behaviour: str = "echo", *, scaling: Scaling = AT_ONCE, **options: Any) -> None:  # noqa: ANN401
    fleet = FleetSettings(command=command(behaviour), scaling=scaling, **options)
    play(story, Settings(hold_seconds=29.0), fleet=fleet)


def fleet_of(stage: Stage) -> Fleet:
    assert stage.endpoint.fleet is not None
    return stage.endpoint.fleet


def states(stage: Stage) -> list[str]:
    return [worker.state for worker in fleet_of(stage).workers()]


def pid(stage: Stage, worker_id: str = "fleet-1") -> int:
    return fleet_of(stage).find(worker_id)[1].pid


def lives(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def ended(stage: Stage, job_id: str) -> str:
    await until(lambda: stage.endpoint.queue.find(job_id).status.is_final)
    return stage.endpoint.queue.find(job_id).status.value


def test_a_job_starts_a_worker_that_runs_it_and_goes_when_it_has_been_idle() -> None:
    async def story(stage: Stage) -> None:
        assert states(stage) == []
        job_id = await stage.submit()
        assert await ended(stage, job_id) == "COMPLETED"
        number = pid(stage)
        assert stage.endpoint.queue.find(job_id).worker_id == "fleet-1"
        await until(lambda: states(stage) == ["idle"])

        await stage.endpoint.clock.leap(4.9)
        assert states(stage) == ["idle"]
        await stage.endpoint.clock.leap(0.2)
        assert states(stage) == ["leaving"]

        await until(lambda: not states(stage))
        assert not lives(number)
        assert not any((await stage.client("GET", "health"))["workers"].values())  # type: ignore[attr-defined]
        assert len(stage.endpoint.workers) == 0

    play_fleet(story)


def test_by_delay_a_worker_starts_when_a_job_has_waited_long_enough_and_the_start_itself_takes_time() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.endpoint.clock.leap(3.9)
        assert states(stage) == []
        await stage.endpoint.clock.leap(0.1)
        assert states(stage) == ["cold"]
        await stage.endpoint.clock.leap(29.0)
        assert states(stage) == ["cold"]
        await stage.endpoint.clock.leap(1.0)

        assert await ended(stage, job_id) == "COMPLETED"
        assert stage.endpoint.queue.find(job_id).to_status()["delayTime"] == 34_000

    play_fleet(story, scaling=Scaling(), cold_start_seconds=30.0)


def test_there_are_as_many_as_are_needed_and_allowed() -> None:
    async def story(stage: Stage) -> None:
        for _ in range(5):
            await stage.submit(input={"wait_for": "/nothing"})
        await until(lambda: states(stage) == ["running"] * 3)
        assert stage.endpoint.queue.count_by_status()["IN_PROGRESS"] == 3  # type: ignore[index]

    play_fleet(story)


def test_a_job_of_low_priority_starts_no_worker() -> None:
    async def story(stage: Stage) -> None:
        low = await stage.submit(policy={"lowPriority": True})
        await stage.endpoint.clock.leap(60.0)
        assert states(stage) == []
        high = await stage.submit()
        assert await ended(stage, high) == "COMPLETED"
        assert await ended(stage, low) == "COMPLETED"

    play_fleet(story)


def test_the_least_are_always_there_and_never_idle_out() -> None:
    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["idle", "idle"])
        await stage.endpoint.clock.leap(20.0)
        await asyncio.sleep(0.1)
        assert states(stage) == ["idle", "idle"]

        await stage.operator("POST", "/control/fleet", {"min_workers": 1})
        await until(lambda: states(stage) == ["idle"])

    play_fleet(story, scaling=replace(AT_ONCE, min_workers=2))


def test_a_killed_worker_is_gone_with_all_that_it_started_and_its_job_is_given_out_again() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit(input={"wait_for": str(Path(__file__).parent / "never")})
        await until(lambda: states(stage) == ["running"])
        number = pid(stage)
        (child,) = psutil.Process(number).children()

        await stage.operator("POST", "/control/workers/fleet-1/kill")

        await until(lambda: not lives(number) and not lives(child.pid))
        await until(lambda: stage.events("worker_exited"))
        assert await stage.status(job_id) == "IN_PROGRESS"
        await stage.endpoint.clock.leap(41.0)
        await until(lambda: stage.endpoint.queue.find(job_id).worker_id not in {None, "fleet-1"})

    play_fleet(story, "child")


def test_what_a_worker_started_ends_with_it_however_it_ends() -> None:
    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["idle"])
        (child,) = psutil.Process(pid(stage)).children()

        os.kill(pid(stage), signal.SIGKILL)

        await until(lambda: not lives(child.pid))
        assert stage.events("worker_exited")[0]["code"] == "-9"

    play_fleet(story, "child", scaling=replace(AT_ONCE, min_workers=1))


def test_a_worker_wanted_during_a_leap_starts_when_time_is_real_again() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.endpoint.clock.leap(1000.0)
        assert await ended(stage, job_id) == "COMPLETED"
        assert not stage.events("worker_never_ready")
        assert len(stage.events("worker_started")) == 1

    play_fleet(story, scaling=Scaling(max_workers=1))


def test_a_worker_of_the_fleet_has_a_home_of_its_own_and_nothing_of_ours_about_runpod(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNPOD_POD_ID", "inherited")

    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await ended(stage, job_id)
        home = Path(str(stage.endpoint.queue.find(job_id).reply["output"]))
        assert home.stat().st_mode & 0o077 == 0  # noqa: ASYNC240 - a moment
        assert home.name == "fleet-1"
        assert psutil.Process(pid(stage)).environ()["RUNPOD_POD_ID"] == "fleet-1"
        homes.append(home)

    homes: list[Path] = []
    play_fleet(story)
    assert not homes[0].parent.exists()


def test_nobody_outlives_the_emulator_not_even_the_deaf_and_the_paused() -> None:
    numbers: list[int] = []

    async def story(stage: Stage) -> None:
        for _ in range(3):
            await stage.submit(input={"wait_for": "/nothing"})
        await until(lambda: states(stage) == ["running"] * 3)
        numbers.extend(pid(stage, f"fleet-{number}") for number in (1, 2, 3))
        await stage.operator("POST", "/control/workers/fleet-2/pause")

    play_fleet(story, "stubborn")
    wait_until(lambda: not any(lives(number) for number in numbers))


def test_children_do_not_outlive_the_emulator() -> None:
    numbers: list[int] = []

    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["idle"])
        numbers.extend([pid(stage), *(child.pid for child in psutil.Process(pid(stage)).children())])

    play_fleet(story, "child", scaling=replace(AT_ONCE, min_workers=1))
    assert len(numbers) == 2
    wait_until(lambda: not any(lives(number) for number in numbers))


def test_a_worker_that_crashes_is_started_again_later_each_time() -> None:
    async def story(stage: Stage) -> None:
        await stage.submit()
        for seconds in (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 60.0):
            before = len(stage.events("worker_started"))
            await until(lambda: stage.events("fleet_backs_off") and not states(stage))
            assert stage.events("fleet_backs_off")[-1]["seconds"] == str(seconds)
            await stage.endpoint.clock.leap(seconds - 0.1)
            assert len(stage.events("worker_started")) == before
            await stage.endpoint.clock.leap(0.1)
            await until(lambda: len(stage.events("worker_started")) > before)  # noqa: B023 - asked within the turn

    play_fleet(story, "crashes", scaling=replace(AT_ONCE, max_workers=1))


def test_a_worker_that_ends_before_it_is_ready_counts_as_a_crash() -> None:
    async def story(stage: Stage) -> None:
        await stage.submit()
        await until(lambda: stage.events("fleet_backs_off"))
        await asyncio.sleep(0.2)
        assert len(stage.events("worker_started")) == 1

    play_fleet(story, "ends", scaling=replace(AT_ONCE, max_workers=1))


def test_a_program_that_is_not_there_is_not_started_in_a_loop() -> None:
    async def story(stage: Stage) -> None:
        await stage.submit()
        await until(lambda: stage.events("worker_not_started"))
        await asyncio.sleep(0.1)
        assert len(stage.events("worker_not_started")) == 1
        assert states(stage) == []

    play(
        story,
        Settings(hold_seconds=0.2),
        fleet=FleetSettings(command=("/nothing",), scaling=AT_ONCE),
    )


def test_a_worker_that_never_gets_ready_is_counted_as_initializing_and_replaced_after_seven_minutes() -> None:
    async def story(stage: Stage) -> None:
        await stage.submit()
        await until(lambda: states(stage) == ["initializing"])
        number = pid(stage)
        assert (await stage.client("GET", "health"))["workers"]["initializing"] == 1  # type: ignore[index]
        await stage.endpoint.clock.leap(419.0)
        assert lives(number)
        await stage.endpoint.clock.leap(1.0)
        await until(lambda: not lives(number))
        assert stage.events("worker_never_ready")
        await until(lambda: stage.events("fleet_backs_off"))
        await stage.endpoint.clock.leap(1.0)
        await until(lambda: states(stage) == ["initializing"])

    play_fleet(story, "never_ready", scaling=replace(AT_ONCE, max_workers=1))


def test_a_worker_deaf_to_sigterm_is_killed_after_the_grace() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await ended(stage, job_id)
        number = pid(stage)
        await until(lambda: states(stage) == ["idle"])
        await stage.endpoint.clock.leap(5.0)
        await until(lambda: states(stage) == ["leaving"])
        await stage.endpoint.clock.leap(29.0)
        assert lives(number)
        await stage.endpoint.clock.leap(1.0)
        await until(lambda: not lives(number) and not states(stage))

    play_fleet(story, "stubborn")


def test_a_leap_of_a_month_does_not_start_workers_by_the_thousand() -> None:
    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["initializing"])
        await stage.endpoint.clock.leap(30 * 24 * 3600.0)
        await until(lambda: stage.events("worker_exited"))
        assert len(stage.events("worker_started")) <= 3

    play_fleet(story, "never_ready", scaling=replace(AT_ONCE, min_workers=1))


def test_scaled_to_zero_the_fleet_ends_and_comes_back() -> None:
    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["idle"])
        stage.endpoint.faults.add(read_rule({"fault": "scaled_to_zero", "seconds": 60}))

        job_id = await stage.submit()

        await until(lambda: not states(stage))
        assert await stage.status(job_id) == "IN_QUEUE"
        assert not any((await stage.client("GET", "health"))["workers"].values())  # type: ignore[attr-defined]
        await stage.endpoint.clock.leap(60.0)
        assert await ended(stage, job_id) == "COMPLETED"

    play_fleet(story, scaling=replace(AT_ONCE, min_workers=1))


def test_the_fleet_can_be_told_over_control_to_have_none() -> None:
    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["idle"])
        answer = await stage.operator("POST", "/control/fleet", {"min_workers": 0, "max_workers": 0})
        assert answer.status == 200
        await until(lambda: not states(stage))
        for body in ({"max_workers": True}, {"max_workers": -1}, {"min_workers": 5, "max_workers": 1}):
            assert (await stage.operator("POST", "/control/fleet", body)).status == 400
        assert (await stage.operator("POST", "/control/workers/fleet-1/kill")).status == 404
        assert (await stage.operator("POST", "/control/workers/fleet-1/dance")).status == 400

    play_fleet(story, scaling=replace(AT_ONCE, min_workers=1))


# Accidents.


def accident(stage: Stage, fault: str, **fields: object) -> None:
    stage.endpoint.faults.add(read_rule({"fault": fault, **fields}))


def test_a_worker_can_be_killed_while_it_has_a_job() -> None:
    async def story(stage: Stage) -> None:
        accident(stage, "worker_killed", seconds=10)
        job_id = await stage.submit(input={"wait_for": "/nothing"})
        await until(lambda: stage.endpoint.queue.find(job_id).worker_id)
        number = pid(stage)
        await stage.endpoint.clock.leap(9.0)
        assert lives(number)
        await stage.endpoint.clock.leap(1.0)
        await until(lambda: not lives(number))
        assert stage.endpoint.faults.to_json()[0]["fired"] == 1

    play_fleet(story)


def test_a_paused_worker_loses_its_job_is_not_idle_and_comes_back_to_a_refusal(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        accident(stage, "worker_paused", seconds=100)
        job_id = await stage.submit(input={"wait_for": str(tmp_path / "go")})
        await until(lambda: states(stage) == ["paused"])

        await stage.endpoint.clock.leap(41.0)
        await until(lambda: stage.endpoint.queue.find(job_id).worker_id == "fleet-2")
        assert states(stage)[0] == "paused"
        (tmp_path / "go").touch()
        assert await ended(stage, job_id) == "COMPLETED"
        await stage.endpoint.clock.leap(30.0)
        assert states(stage)[0] == "paused"

        await stage.endpoint.clock.leap(30.0)
        await until(lambda: [event for event in stage.events("request_refused") if event["worker"] == "fleet-1"])
        assert stage.events("worker_resumed")

    play_fleet(story)


def test_a_zombies_heartbeat_outlives_its_worker_but_not_the_emulator() -> None:
    children: list[int] = []

    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["idle"])
        children.extend(child.pid for child in psutil.Process(pid(stage)).children())
        accident(stage, "zombie_heartbeat")
        await stage.submit(input={"wait_for": "/nothing"})
        await until(lambda: stage.events("worker_exited"))
        assert [lives(number) for number in children] == [True]

    play_fleet(story, "child", scaling=replace(AT_ONCE, min_workers=1))
    wait_until(lambda: not any(lives(number) for number in children))


def test_a_job_given_to_a_worker_that_is_just_told_to_exit_is_swallowed() -> None:
    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["idle"])
        accident(stage, "sigterm_race")
        job_id = await stage.submit()
        await until(lambda: stage.events("worker_exited"))
        assert stage.events("worker_exited")[0]["code"] == "0"
        assert await stage.status(job_id) == "IN_PROGRESS"
        await stage.endpoint.clock.leap(40.0)
        assert await ended(stage, job_id) == "COMPLETED"
        assert stage.endpoint.queue.find(job_id).losses == 1

    play_fleet(story, scaling=replace(AT_ONCE, min_workers=1))


def test_a_worker_that_asks_to_be_refreshed_is_replaced() -> None:
    async def story(stage: Stage) -> None:
        await until(lambda: states(stage) == ["idle"])
        job_id = await stage.submit(input={"wait_for": "/nothing"})
        await until(lambda: states(stage) == ["running"])
        await stage.worker("POST", f"job-done/fleet-1/{job_id}", {"output": 1, "stopPod": True})
        assert stage.events("worker_told_to_leave")

    play_fleet(story, scaling=replace(AT_ONCE, min_workers=1))


def test_the_logs_of_workers_are_kept_where_the_user_says(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await stage.submit()
        await until(lambda: stage.events("worker_exited"))

    play_fleet(story, "crashes", logs=tmp_path, scaling=replace(AT_ONCE, max_workers=1))
    assert (tmp_path / "fleet-1.log").read_text() == "a crash\n"


def test_a_worker_of_the_sdk_runs_in_the_fleet_and_leaves_when_it_is_idle() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        assert await ended(stage, job_id) == "COMPLETED"
        number = pid(stage)
        family = [number, *(child.pid for child in psutil.Process(number).children(recursive=True))]
        assert len(family) > 1
        await until(lambda: states(stage) == ["idle"])
        await stage.endpoint.clock.leap(5.0)
        await until(lambda: not states(stage))
        assert not any(lives(member) for member in family)
        assert stage.events("worker_exited")[0]["code"] == "0"

    play(
        story,
        Settings(hold_seconds=29.0),
        fleet=FleetSettings(
            command=(sys.executable, str(HANDLERS / "echo.py")),
            scaling=AT_ONCE,
            environment={"OMP_NUM_THREADS": "1", "PATH": os.environ["PATH"]},
        ),
    )
