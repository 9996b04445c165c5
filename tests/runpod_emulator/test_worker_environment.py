"""What a worker is told."""

from pathlib import Path

from runpod_emulator import worker_environment

ENVIRONMENT = worker_environment(
    "http://127.0.0.1:20080/v2",
    endpoint_id="safelight",
    worker_id="worker 1/a",
    api_key="key",
    home=Path("/tmp/worker"),  # noqa: S108
)


def test_every_url_has_a_question_mark_for_what_the_sdk_appends() -> None:
    urls = {name: value for name, value in ENVIRONMENT.items() if value.startswith("http")}

    assert set(urls) == {
        "RUNPOD_WEBHOOK_GET_JOB",
        "RUNPOD_WEBHOOK_POST_OUTPUT",
        "RUNPOD_WEBHOOK_POST_STREAM",
        "RUNPOD_WEBHOOK_PING",
    }
    assert all("?" in url for url in urls.values())


def test_a_worker_id_is_one_segment_of_the_path() -> None:
    assert "/job-take/worker%201%2Fa?" in ENVIRONMENT["RUNPOD_WEBHOOK_GET_JOB"]
    assert "/job-done/worker%201%2Fa/$ID?" in ENVIRONMENT["RUNPOD_WEBHOOK_POST_OUTPUT"]
    assert ENVIRONMENT["RUNPOD_POD_ID"] == "worker 1/a"


def test_the_home_is_the_workers_own() -> None:
    assert ENVIRONMENT["HOME"] == "/tmp/worker"  # noqa: S108
