"""What each route refuses, and how."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from runpod_emulator import DEFAULT_API_KEY
from runpod_emulator.client_api import MAX_RUN_BODY_BYTES
from tests.runpod_emulator.processes import Emulator, kill_group

CLIENT_ROUTES = [
    ("POST", "run"),
    ("POST", "runsync"),
    ("GET", "status/job-1"),
    ("GET", "stream/job-1"),
    ("POST", "cancel/job-1"),
    ("POST", "retry/job-1"),
    ("POST", "purge-queue"),
    ("GET", "health"),
]
WORKER_ROUTES = [
    ("GET", "job-take/worker-1"),
    ("GET", "job-take-batch/worker-1?batch_size=2"),
    ("GET", "job-stop/worker-1"),
    ("POST", "job-done/worker-1/job-1"),
    ("POST", "job-stream/worker-1/job-1"),
    ("GET", "ping/worker-1"),
]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    running = Emulator.start(tmp_path_factory.mktemp("emulator"), "--hold-seconds", "0.1")
    yield running
    kill_group(running.process)


def post_run(emulator: Emulator, body: bytes) -> requests.Response:
    headers = {"Authorization": f"Bearer {DEFAULT_API_KEY}"}
    return requests.post(f"{emulator.url}/safelight/run", data=body, headers=headers, timeout=30)


def submit_and_take(emulator: Emulator, worker_id: str) -> str:
    emulator.as_client("POST", "run", input={"prompt": "x"})
    job_id: str = emulator.as_worker("GET", f"job-take/{worker_id}").json()["id"]
    return job_id


@pytest.mark.parametrize(("method", "path"), CLIENT_ROUTES)
def test_clients_need_the_key_as_bearer(emulator: Emulator, method: str, path: str) -> None:
    assert emulator.as_client(method, path, key="wrong").status_code == 401
    assert emulator.as_worker(method, path).status_code == 401


@pytest.mark.parametrize(("method", "path"), WORKER_ROUTES)
def test_workers_need_the_raw_key(emulator: Emulator, method: str, path: str) -> None:
    assert emulator.as_worker(method, path, key="wrong").status_code == 401
    assert emulator.as_client(method, path).status_code == 401


def test_no_key_is_a_wrong_key(emulator: Emulator) -> None:
    response = requests.get(f"{emulator.url}/safelight/health", timeout=30)

    assert (response.status_code, list(response.json())) == (401, ["error"])


@pytest.mark.parametrize(("method", "path"), [*CLIENT_ROUTES, *WORKER_ROUTES])
def test_another_endpoint_is_not_found(emulator: Emulator, method: str, path: str) -> None:
    key = f"Bearer {DEFAULT_API_KEY}" if (method, path) in CLIENT_ROUTES else DEFAULT_API_KEY

    response = requests.request(method, f"{emulator.url}/other/{path}", headers={"Authorization": key}, timeout=30)

    assert (response.status_code, response.json()) == (404, {"error": "no such endpoint"})


def test_an_unknown_job_is_not_found(emulator: Emulator) -> None:
    assert emulator.as_client("GET", "status/nobody").status_code == 404
    assert emulator.as_client("POST", "cancel/nobody").status_code == 404
    assert emulator.as_worker("POST", "job-done/worker-1/nobody", output=1).status_code == 404


def test_a_route_that_is_not_there_is_refused_as_json(emulator: Emulator) -> None:
    response = emulator.as_client("POST", "requests")

    assert (response.status_code, response.json()) == (404, {"error": "Not Found"})


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"input"', b"{}", b'{"prompt": "x"}', b'{"input": NaN}', b"\xff"]
)
def test_a_run_without_json_or_without_input_is_refused(emulator: Emulator, body: bytes) -> None:
    response = post_run(emulator, body)

    assert (response.status_code, list(response.json())) == (400, ["error"])


def test_a_run_may_be_as_long_as_the_limit_and_not_longer(emulator: Emulator) -> None:
    frame = b'{"input": "%s"}'
    longest = frame % (b"x" * (MAX_RUN_BODY_BYTES - len(frame) + 2))

    assert post_run(emulator, longest).status_code == 200
    assert post_run(emulator, longest + b" ").status_code == 413
    emulator.as_worker("GET", "job-take/worker-1")


def test_a_poll_without_news_is_answered_204_and_never_400(emulator: Emulator) -> None:
    for path in ("job-take/worker-1", "job-take-batch/worker-1?batch_size=4", "job-stop/worker-1"):
        assert emulator.as_worker("GET", path).status_code == 204


def test_a_batch_is_an_array_even_of_one_and_a_single_take_is_an_object(emulator: Emulator) -> None:
    emulator.as_client("POST", "run", input={"number": 1})
    batch = emulator.as_worker("GET", "job-take-batch/worker-1?batch_size=4&job_in_progress=0")
    emulator.as_client("POST", "run", input={"number": 2}, webhook="http://127.0.0.1/")
    single = emulator.as_worker("GET", "job-take/worker-1?gpu=emulated&job_in_progress=1")

    assert [job["input"] for job in batch.json()] == [{"number": 1}]
    assert single.json().keys() == {"id", "input"}


def test_a_batch_without_a_size_is_refused(emulator: Emulator) -> None:
    assert emulator.as_worker("GET", "job-take-batch/worker-1").status_code == 400


def test_a_late_result_is_refused_logged_and_changes_nothing(emulator: Emulator) -> None:
    job_id = submit_and_take(emulator, "worker-1")
    emulator.as_client("POST", f"cancel/{job_id}")
    cancelled = emulator.as_client("GET", f"status/{job_id}").json()

    late = emulator.as_worker("POST", f"job-done/worker-1/{job_id}?isStream=false", output="lighthouse")
    progress = emulator.as_worker("POST", f"job-done/worker-1/{job_id}", status="IN_PROGRESS", output=1)

    assert (late.status_code, progress.status_code) == (400, 400)
    assert emulator.as_client("GET", f"status/{job_id}").json() == cancelled
    (line, _) = [line for line in emulator.log.read_text().splitlines() if f"job='{job_id}' worker=" in line][-2:]
    assert "request_refused" in line
    assert "why='JobEndedError'" in line
    assert "worker='worker-1' state='CANCELLED'" in line
    assert "lighthouse" not in emulator.log.read_text()


def test_a_result_of_a_worker_that_does_not_hold_the_job_is_refused(emulator: Emulator) -> None:
    job_id = submit_and_take(emulator, "worker-1")

    assert emulator.as_worker("POST", f"job-done/worker-2/{job_id}", output=1).status_code == 400
    assert emulator.as_client("GET", f"status/{job_id}").json()["status"] == "IN_PROGRESS"
    assert emulator.as_worker("POST", f"job-done/worker-1/{job_id}", output=1).status_code == 200


def test_cancelling_an_ended_job_answers_its_state(emulator: Emulator) -> None:
    job_id = submit_and_take(emulator, "worker-1")
    emulator.as_worker("POST", f"job-done/worker-1/{job_id}", output=1)

    response = emulator.as_client("POST", f"cancel/{job_id}")

    assert response.json() == {"id": job_id, "status": "COMPLETED"}


def test_a_result_may_be_longer_than_a_run(emulator: Emulator) -> None:
    job_id = submit_and_take(emulator, "worker-1")
    output = "x" * (2 * MAX_RUN_BODY_BYTES)

    assert emulator.as_worker("POST", f"job-done/worker-1/{job_id}", output=output).status_code == 200
    assert emulator.as_client("GET", f"status/{job_id}").json()["output"] == output


def test_a_path_cannot_forge_a_line_of_the_log(emulator: Emulator, tmp_path: Path) -> None:
    address = urlsplit(emulator.url).netloc
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", "/v2/safelight/status/x%0Ajob_ended", headers={"Authorization": "wrong"})

    assert connection.getresponse().status == 401
    connection.close()
    assert not any(line.startswith("job_ended") for line in emulator.log.read_text().splitlines())
