"""The fitness checks of the SDK's worker: before anything else, and fatal."""

import time
from pathlib import Path

import pytest
import runpod

from runpod_emulator import DEFAULT_API_KEY
from tests.runpod_emulator.recorder import Recorder, Reply, Workers, drop_connection, reply, wait_for

#: What a system check asks for that no machine has.
TOO_MUCH_MEMORY = {"RUNPOD_MIN_MEMORY_GB": "1000000"}


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        ("finds_itself_unfit", "RuntimeError: no GPU"),
        ("finds_itself_unfit_at_length", ("RuntimeError: " + "no GPU " * 100)[:256]),
    ],
)
def test_an_unfit_worker_says_so_in_one_ping_and_ends_before_its_first_poll(
    recorder: Recorder, sdk_worker: Workers, handler: str, reason: str
) -> None:
    worker = sdk_worker(handler)

    assert worker.wait_for_end() == 1
    (ping,) = recorder.calls()
    assert (ping.method, ping.path) == ("GET", "ping/worker-1")
    assert ping.query == {
        "gpu": "emulated",
        "status": "unhealthy",
        "check": "has_a_gpu",
        "reason": reason,
        "runpod_version": runpod.version.__version__,
    }
    assert ping.headers["Authorization"] == DEFAULT_API_KEY
    assert worker.has_no_process_left()


@pytest.mark.parametrize("failure", [pytest.param(reply(500), id="500"), drop_connection])
def test_an_unfit_worker_ends_even_if_its_ping_fails_and_does_not_repeat_it(
    recorder: Recorder, sdk_worker: Workers, failure: Reply
) -> None:
    recorder.answer("ping", failure)

    assert sdk_worker("finds_itself_unfit").wait_for_end() == 1
    assert len(recorder.calls()) == 1


def test_an_unfit_worker_does_not_wait_for_the_answer_to_its_ping(recorder: Recorder, sdk_worker: Workers) -> None:
    recorder.hold("ping", reply())

    assert sdk_worker("finds_itself_unfit").wait_for_end() == 1
    assert len(recorder.calls()) == 1


def test_nothing_is_pinged_or_polled_before_the_checks_are_passed(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    checking, fit = tmp_path / "checking", tmp_path / "fit"
    sdk_worker("checks_its_fitness", CHECKING=str(checking), FIT=str(fit))
    wait_for(checking.exists)
    time.sleep(1)  # in which a worker that did not wait would be heard

    passed_at = time.monotonic()
    fit.touch()

    recorder.wait_for_calls("ping")
    recorder.wait_for_calls("job-take")
    assert recorder.calls()[0].at > passed_at


def test_too_little_memory_makes_a_worker_unfit(recorder: Recorder, sdk_worker: Workers) -> None:
    worker = sdk_worker("echo", RUNPOD_SKIP_AUTO_SYSTEM_CHECKS=None, **TOO_MUCH_MEMORY)

    assert worker.wait_for_end() == 1
    (ping,) = recorder.calls()
    assert (ping.query["status"], ping.query["check"]) == ("unhealthy", "_memory_check")
    assert ping.query["reason"].startswith("RuntimeError: Insufficient memory")


def test_the_system_checks_can_be_switched_off(recorder: Recorder, sdk_worker: Workers) -> None:
    sdk_worker("echo", RUNPOD_SKIP_AUTO_SYSTEM_CHECKS="true", **TOO_MUCH_MEMORY)

    recorder.wait_for_calls("job-take")
