"""`python -m runpod_emulator` as a process."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
import requests

from runpod_emulator import DEFAULT_API_KEY
from tests.runpod_emulator.processes import (
    HANDLERS,
    PATIENCE_SECONDS,
    REPOSITORY,
    Emulator,
    kill_group,
    wait_until,
)


def run_command(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runpod_emulator", *options]
    return subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )


def test_a_port_in_use_is_one_clear_sentence(emulator: Emulator) -> None:
    port = emulator.url.split(":")[-1].removesuffix("/v2")

    second = run_command("--port", port)

    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr == (
        f"RunPod emulator: port {port} of 127.0.0.1 is in use; stop its owner or choose another --port.\n"
    )


def test_an_address_that_is_not_ours_is_one_clear_sentence() -> None:
    refused = run_command("--host", "192.0.2.1", "--port", "0")

    assert refused.returncode == 1
    assert refused.stderr.startswith("RunPod emulator: cannot listen on 192.0.2.1:0: ")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("seconds", ["0", "30", "-1", "nan"])
def test_a_hold_that_would_not_work_is_refused(seconds: str) -> None:
    refused = run_command("--hold-seconds", seconds)

    assert refused.returncode == 2
    assert "hold_seconds must be above 0 and below 30" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_and_sends_parked_polls_away(tmp_path: Path, number: signal.Signals) -> None:
    emulator = Emulator.start(tmp_path, "--hold-seconds", "29")
    answers: list[int] = []

    def poll(worker_id: str) -> None:
        answers.append(emulator.as_worker("GET", f"job-take/{worker_id}").status_code)

    try:
        polls = [threading.Thread(target=poll, args=(worker_id,)) for worker_id in ("worker-1", "worker-2")]
        for thread in polls:
            thread.start()
        wait_until(lambda: emulator.workers()["idle"] == 2)

        emulator.process.send_signal(number)

        assert emulator.process.wait(timeout=10) == 0
        for thread in polls:
            thread.join()
        assert answers == [204, 204]
        assert "Traceback" not in emulator.log.read_text()
    finally:
        kill_group(emulator.process)


def test_it_takes_the_endpoint_and_the_key_it_is_told(tmp_path: Path) -> None:
    emulator = Emulator.start(tmp_path, "--endpoint", "other", "--api-key", "another")
    try:
        assert emulator.as_client("GET", "health", key=DEFAULT_API_KEY).status_code == 401
        assert emulator.as_client("GET", "health", key="another").status_code == 404
    finally:
        kill_group(emulator.process)


def test_faults_speed_and_workers_are_there_from_the_start_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    script = tmp_path / "faults.toml"
    script.write_text('[[rule]]\nfault = "error"\non = "run"\nstatus = 402\n')
    worker = [sys.executable, "-S", str(HANDLERS / "plain_worker.py"), "child"]
    emulator = Emulator.start(
        tmp_path,
        *("--faults", str(script), "--speed", "2", "--hold-seconds", "29", "--min-workers", "2", "--", *worker),
    )
    try:
        wait_until(lambda: emulator.workers()["idle"] == 2)
        family = psutil.Process(emulator.process.pid).children(recursive=True)
        root = emulator.url.removesuffix("/v2")

        refused = emulator.as_client("POST", "run", input=1)
        clock = requests.get(f"{root}/control/clock", timeout=30).json()
        page = requests.get(root, timeout=30)

        assert refused.status_code == 402
        assert clock["speed"] == 2.0
        assert "<title>RunPod emulator</title>" in page.text
        assert len(family) == 4
        emulator.process.send_signal(signal.SIGTERM)
        assert emulator.process.wait(timeout=PATIENCE_SECONDS) == 0
        wait_until(lambda: not any(process.is_running() for process in family))
        assert "Traceback" not in emulator.log.read_text()
        assert str(worker[-2]) not in emulator.log.read_text()
    finally:
        kill_group(emulator.process)
