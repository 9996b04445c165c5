"""How the SDK's worker sends progress: beside the result, and in no order."""

from pathlib import Path

from runpod_emulator import DEFAULT_API_KEY
from tests.runpod_emulator.recorder import Call, Recorder, Workers, wait_for

TIMES = 100


def is_progress(call: Call) -> bool:
    return call.json.get("status") == "IN_PROGRESS"


def test_progress_is_posted_where_results_are(recorder: Recorder, sdk_worker: Workers, tmp_path: Path) -> None:
    sdk_worker("reports_progress_often")
    job_id = recorder.run(times=1, finish=str(tmp_path / "finish"))

    post = recorder.wait_for_result(job_id)

    assert (post.method, post.path) == ("POST", f"job-done/worker-1/{job_id}")
    assert post.query["isStream"] == "false"
    assert post.json == {"status": "IN_PROGRESS", "output": 0}
    assert post.headers["Authorization"] == DEFAULT_API_KEY
    assert post.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert post.headers["X-Request-ID"] == job_id


def test_each_progress_opens_its_own_connection_and_they_arrive_in_no_order(
    recorder: Recorder, sdk_worker: Workers, tmp_path: Path
) -> None:
    sdk_worker("reports_progress_often")
    job_id = recorder.run(times=TIMES, finish=str(tmp_path / "finish"))
    wait_for(lambda: len(recorder.results(job_id)) == TIMES)
    steps = [call.json["output"] for call in recorder.results(job_id)]

    (tmp_path / "finish").touch()
    wait_for(lambda: not is_progress(recorder.results(job_id)[-1]))

    assert len({call.connection for call in recorder.results(job_id)}) == TIMES + 1
    assert steps != list(range(TIMES))
    assert set(steps) == set(range(TIMES))


def test_progress_sent_last_arrives_after_the_result(recorder: Recorder, sdk_worker: Workers) -> None:
    sdk_worker("reports_progress_last")

    def result_overtook_progress() -> str:
        """In most runs, not in all: so it is tried until it happens."""
        job_id = recorder.run(number=1)
        wait_for(lambda: sum(call.status is not None for call in recorder.results(job_id)) == 2)
        return "" if is_progress(recorder.results(job_id)[0]) else job_id

    job_id = wait_for(result_overtook_progress)

    result, progress = recorder.results(job_id)
    assert (result.json, progress.json["output"]) == ({"output": "done"}, "nearly done")
