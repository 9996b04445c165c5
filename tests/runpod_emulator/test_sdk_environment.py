"""What the SDK's worker makes of the variables that point it at RunPod or at the emulator."""

import json
import uuid

from runpod_emulator import DEFAULT_API_KEY
from tests.runpod_emulator.recorder import Recorder, Workers, reply, reply_json, wait_for


def test_placeholders_mean_the_worker_or_the_job_depending_on_the_url(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    for route in ("job-done", "job-stream"):
        recorder.answer(route, reply_json({}))
    sdk_worker(
        "yields",
        RUNPOD_WEBHOOK_GET_JOB=sdk_worker.url_of("job-take", "$ID") + "?pod=$RUNPOD_POD_ID",
        RUNPOD_WEBHOOK_POST_OUTPUT=sdk_worker.url_of("job-done", "$RUNPOD_POD_ID") + "/$ID?x=1",
        RUNPOD_WEBHOOK_POST_STREAM=sdk_worker.url_of("job-stream", "$RUNPOD_POD_ID") + "/$ID?x=1",
        RUNPOD_WEBHOOK_PING=sdk_worker.url_of("ping", "$RUNPOD_POD_ID") + "/$ID",
    )

    job_id = recorder.run(chunks=["a"])

    assert recorder.wait_for_result(job_id).path == f"job-done/worker-1/{job_id}"
    assert recorder.calls("job-stream")[0].path == f"job-stream/worker-1/{job_id}"
    assert recorder.wait_for_calls("ping")[0].path == "ping/worker-1/$ID"
    for poll in (recorder.takes()[0], recorder.wait_for_calls("job-stop")[0]):
        assert poll.path.endswith("/worker-1")
        assert poll.query["pod"] == "$RUNPOD_POD_ID"


def test_without_a_question_mark_what_is_appended_lands_in_the_path(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    sdk_worker(
        "echo",
        RUNPOD_WEBHOOK_GET_JOB=sdk_worker.url_of("job-take"),
        RUNPOD_WEBHOOK_POST_OUTPUT=sdk_worker.url_of("job-done") + "/$ID",
    )

    job_id = recorder.run(number=1)

    post = recorder.wait_for_result(job_id)
    assert (post.path, post.query) == (f"job-done/worker-1/{job_id}&isStream=false", {})
    assert post.status == 404
    assert recorder.takes()[0].path == "job-take/worker-1&job_in_progress=0"


def test_without_job_take_in_the_url_nothing_is_polled_for_stops(recorder: Recorder, sdk_worker: Workers) -> None:
    recorder.hold("jobs", reply(204))

    worker = sdk_worker("echo", RUNPOD_WEBHOOK_GET_JOB=sdk_worker.url_of("jobs") + "?x=1")

    worker.wait_for_log("Stop channel could not be derived from the job-take URL")
    recorder.wait_for_calls("jobs")
    assert recorder.calls("job-stop") == []


def test_without_a_worker_id_it_makes_one_up(recorder: Recorder, sdk_worker: Workers) -> None:
    sdk_worker(
        "echo", RUNPOD_POD_ID=None, RUNPOD_WEBHOOK_GET_JOB=sdk_worker.url_of("job-take", "$ID") + "?gpu=emulated"
    )

    worker_id = recorder.wait_for_calls("job-take")[0].path.partition("/")[2]

    assert uuid.UUID(worker_id).version == 4


def test_a_key_in_the_homes_config_overrides_the_given_one_except_in_pings(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    config = sdk_worker.home_of("worker-1") / ".runpod" / "config.toml"
    config.parent.mkdir()
    config.write_text('[default]\napi_key = "from the config"\n')
    for route in ("job-take", "job-stop"):
        recorder.answer(route, reply_json({"id": "job-1", "input": {"number": 1}}), times=1)
        recorder.hold(route, reply(204))

    sdk_worker("echo")

    for route in ("job-take", "job-stop", "job-done"):
        assert recorder.wait_for_calls(route)[0].headers["Authorization"] == "from the config"
    assert recorder.wait_for_calls("ping")[0].headers["Authorization"] == DEFAULT_API_KEY


def test_a_netrc_in_the_home_overrides_the_key_of_pings_alone(recorder: Recorder, sdk_worker: Workers) -> None:
    netrc = sdk_worker.home_of("worker-1") / ".netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)

    sdk_worker("echo")

    assert recorder.wait_for_calls("ping")[0].headers["Authorization"].startswith("Basic ")
    assert recorder.wait_for_calls("job-take")[0].headers["Authorization"] == DEFAULT_API_KEY


def test_with_an_endpoint_id_the_log_is_json_that_names_each_job_at_its_start_and_end(
    recorder: Recorder, sdk_worker: Workers
) -> None:
    worker = sdk_worker("echo")
    job_id = recorder.run(number=1)

    worker.wait_for_log("Finished.")

    lines = [json.loads(line) for line in worker.log.splitlines() if line.startswith("{")]
    assert [line for line in lines if line["requestId"]] == [
        {"requestId": job_id, "message": message, "level": "INFO"} for message in ("Started.", "Finished.")
    ]


def test_without_an_endpoint_id_the_log_is_text(recorder: Recorder, sdk_worker: Workers) -> None:
    worker = sdk_worker("echo", RUNPOD_ENDPOINT_ID=None)
    job_id = recorder.run(number=1)

    wait_for(lambda: f"INFO   | {job_id} | Finished." in worker.log)
