"""The heartbeat of the SDK's worker: what a ping says, what its failures do, and what keeps it from beating."""

from itertools import pairwise
from pathlib import Path

import pytest
import runpod

from runpod_emulator import DEFAULT_API_KEY
from tests.runpod_emulator.recorder import (
    Recorder,
    Reply,
    Workers,
    drop_connection,
    reply,
    wait_for,
    waiting_input,
)

SDK_VERSION = runpod.version.__version__


def a_job_is_done(recorder: Recorder) -> None:
    job_id = recorder.run(number=1)
    recorder.wait_for_result(job_id)
    assert recorder.status(job_id)["status"] == "COMPLETED"


def test_an_idle_workers_ping_names_no_job(recorder: Recorder, sdk_worker: Workers) -> None:
    sdk_worker("echo")

    first, second = recorder.wait_for_calls("ping", 2)[:2]

    assert (first.method, first.path, first.body) == ("GET", "ping/worker-1", b"")
    assert first.query == {"gpu": "emulated", "runpod_version": SDK_VERSION}
    assert first.headers["Authorization"] == DEFAULT_API_KEY
    assert second.at - first.at > 0.9  # the interval


def test_a_busy_workers_ping_names_its_jobs(recorder: Recorder, sdk_worker: Workers, tmp_path: Path) -> None:
    jobs = {recorder.run(**waiting_input(tmp_path, number)) for number in (1, 2)}
    sdk_worker("waits", CONCURRENCY="2")

    wait_for(lambda: jobs_in_last_ping(recorder) == jobs)

    for number in (1, 2):
        Path(waiting_input(tmp_path, number)["finish"]).touch()
    wait_for(lambda: jobs_in_last_ping(recorder) is None)


def jobs_in_last_ping(recorder: Recorder) -> set[str] | None:
    query = recorder.wait_for_calls("ping")[-1].query
    return set(query["job_id"].split(",")) if "job_id" in query else None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refused_ping_is_sent_thrice_more_at_once_and_after_two_and_four_seconds(
    recorder: Recorder, sdk_worker: Workers, status: int
) -> None:
    recorder.answer("ping", reply(status), times=4)
    sdk_worker("echo")

    calls = recorder.wait_for_calls("ping", 5)
    pauses = [later.at - earlier.at for earlier, later in pairwise(calls)]

    assert [call.status for call in calls[:4]] == [status] * 4
    assert pauses[0] < 1.9 < pauses[1] < 3.9 < pauses[2]
    assert pauses[3] > 0.9  # the next ping, an interval later


def test_a_ping_that_is_not_answered_is_given_up_after_twice_the_interval(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    recorder.hold("ping", reply())
    sdk_worker("echo")

    first, second = recorder.wait_for_calls("ping", 2)[:2]

    assert second.at - first.at > 1.9
    assert first.status is None


@pytest.mark.parametrize("failure", [pytest.param(reply(500), id="500"), drop_connection])
def test_failing_pings_do_not_hinder_a_worker(recorder: Recorder, sdk_worker: Workers, failure: Reply) -> None:
    recorder.answer("ping", failure)
    sdk_worker("echo")

    recorder.wait_for_calls("ping", 2)
    a_job_is_done(recorder)


def test_an_interval_below_a_second_ends_the_pings_and_not_the_worker(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    worker = sdk_worker("echo", RUNPOD_PING_INTERVAL="999")

    worker.wait_for_log("ValueError: Attempted to set connect timeout to 0")
    a_job_is_done(recorder)
    assert recorder.calls("ping") == []


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("RUNPOD_AI_API_KEY", "Not deployed on Runpod serverless, pings will not be sent."),
        ("RUNPOD_POD_ID", "Not running on Runpod, pings will not be sent."),
        ("RUNPOD_WEBHOOK_PING", "Ping URL not set, cannot start ping."),
    ],
)
def test_without_key_worker_id_or_url_there_are_no_pings(
    recorder: Recorder, sdk_worker: Workers, missing: str, message: str
) -> None:
    recorder.hold("job-take", reply(204))
    recorder.hold("job-stop", reply(204))

    worker = sdk_worker("echo", RUNPOD_LOG_LEVEL="DEBUG", **{missing: None})

    worker.wait_for_log(message)
    recorder.wait_for_calls("job-take")
    assert recorder.calls("ping") == []


def test_spawned_from_an_unguarded_main_module_there_are_no_pings_and_jobs_are_done(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    worker = sdk_worker("spawns_without_guard")

    worker.wait_for_log("RuntimeError")
    a_job_is_done(recorder)
    assert recorder.calls("ping") == []
