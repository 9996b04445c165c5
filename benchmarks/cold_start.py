"""How long until a worker takes its first job, and until a function can be called: ours beside the usual.

A worker's time is from its process's start to its first poll for a job. Both workers have the shipped model and
Firebase variables, and nothing is downloaded. A function's time is that of a process that imports what is
deployed, beside one that imports what the usual dispatcher does, functions-framework and all.

Each kind runs once before, uncounted: that compiles whatever it imports to .pyc, as both images do when they are
built, and brings the files into memory. Then the kinds take turns, so that a busy moment meets all alike.
"""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.emulator import ROOT
from benchmarks.endpoint import MeasurementFailed
from benchmarks.first_poll import first_poll
from benchmarks.row import Row
from benchmarks.table import print_table
from local.functions_bundle import stage_functions
from local.service_account import emulator_service_account
from runpod_emulator import worker_environment

COMMAND = "python -m benchmarks.cold_start"
ROUNDS = 5
PATIENCE_SECONDS = 120
WORKER_TARGET, FUNCTIONS_TARGET, FIRST_EVENT_TARGET = 0.6, 0.5, 1.0
USUAL_DISPATCHER = (
    "import functions_framework, requests\n"
    "from firebase_functions import firestore_fn\n"
    "from firebase_admin import firestore\n"
)
OUR_FUNCTIONS = "import functions_framework, main"
PROJECT = "demo-safelight"
USUAL_FIRST_EVENT = f"{USUAL_DISPATCHER}from google.cloud.firestore import Client\nClient(project='{PROJECT}')"
OUR_FIRST_EVENT = f"{OUR_FUNCTIONS}, triggers.created, triggers.wiring\ntriggers.wiring.outside()"
"""What is put off until there is an event is no time won for whoever wrote the first one."""
FUNCTIONS_ENVIRONMENT = {
    "FIREBASE_CONFIG": json.dumps({"projectId": PROJECT, "storageBucket": f"{PROJECT}.firebasestorage.app"}),
    "RUNPOD_BASE_URL": "http://127.0.0.1:1/v2",
    "RUNPOD_ENDPOINT_ID": "benchmark",
    "RUNPOD_API_KEY": "benchmark",
    "RUNPOD_WEBHOOK_SECRET": "benchmark" * 4,
    # Emulators are asked for no credentials. Nothing is asked of these.
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
}


def measure() -> list[Row]:
    """Both ratios."""
    workers = in_turn(start_worker, ours="worker", naive="benchmarks.naive_worker")
    with tempfile.TemporaryDirectory() as folder:
        bundle = stage_functions(Path(folder))
        functions = in_turn(partial(import_in, bundle), ours=OUR_FUNCTIONS, naive=USUAL_DISPATCHER)
        events = in_turn(partial(import_in, bundle), ours=OUR_FIRST_EVENT, naive=USUAL_FIRST_EVENT)
    return [
        _row("cold start, seconds from exec to the first poll for a job", workers, WORKER_TARGET),
        _row("cold import of the functions, seconds", functions, FUNCTIONS_TARGET),
        _row("the same until a first event can be handled, seconds", events, FIRST_EVENT_TARGET),
    ]


def in_turn(take_seconds: Callable[[str], float], **kinds: str) -> dict[str, list[float]]:
    """Each kind's seconds, after one uncounted round."""
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(ROUNDS + 1):
        for name, kind in kinds.items():
            taken = take_seconds(kind)
            if number:
                seconds[name].append(taken)
    return seconds


def start_worker(module: str) -> float:
    """Seconds from its start to its first poll for a job."""
    with first_poll() as poll, tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": os.environ["PATH"],
            "SAFELIGHT_MODELS": "safelight-image",
            "FIREBASE_SERVICE_ACCOUNT_KEY": emulator_service_account(PROJECT),
            "FIREBASE_STORAGE_BUCKET": f"{PROJECT}.firebasestorage.app",
            **worker_environment(poll.url, endpoint_id="e", worker_id="w", api_key="k", home=Path(home)),
        }
        with (Path(home) / "log").open("wb") as log:
            started = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            ready = poll.wait(PATIENCE_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):  # the group holds the SDK's pings, too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if ready is None:
            raise MeasurementFailed(f"{module} never asked for a job: {(Path(home) / 'log').read_text()[-2000:]}")
        return ready - started


def import_in(folder: Path, statements: str) -> float:
    """Seconds of a process that runs these statements there."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **FUNCTIONS_ENVIRONMENT}
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statements], cwd=folder, env=environment, check=True)
    return time.perf_counter() - started


def _row(what: str, seconds: Mapping[str, list[float]], target: float) -> Row:
    ours, naive = statistics.median(seconds["ours"]), statistics.median(seconds["naive"])
    return Row(
        what=f"{what}, and of the naive one's",
        ours=f"{ours:.2f} s ({_spread(seconds['ours'])}), {ours / naive:.2f}",
        naive=f"{naive:.2f} s ({_spread(seconds['naive'])})",
        limit="-",
        target=f"at most {target}",
        met=ours / naive <= target,
        command=COMMAND,
    )


def _spread(seconds: list[float]) -> str:
    return f"{min(seconds):.2f} to {max(seconds):.2f}"


if __name__ == "__main__":
    print_table(measure())
