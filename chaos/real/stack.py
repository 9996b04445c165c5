"""The real Emulator Suite with faulty functions, a RunPod emulator, and users who have accounts."""

import contextlib
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chaos.real.bundle import FUNCTIONS, stage_project
from chaos.real.faults import FAULTS, FIRED, FOLDER
from chaos.real.functions import STORAGE
from local.emulator_environment import PROJECT, client_environment, no_proxy
from local.emulator_suite import EmulatorSuite
from local.firebase_user import BUCKET
from local.layout import BUILD, LOGS, ROOT
from local.managed_process import ManagedProcess
from local.ports import address, ports
from local.schedules import REGION
from local.service_account import emulator_service_account
from local.services import RUNPOD_URL, create_topics, runpod_health
from runpod_emulator import DEFAULT_API_KEY

PLACE = BUILD / "chaos"
EMULATORS = frozenset({"auth", "firestore", "functions", "pubsub", "storage"})
WEBHOOK = f"http://{address('functions')}/{PROJECT}/{REGION}/on_runpod_webhook"
START_SECONDS = 60.0


class Stack:
    """Everything but the workers, once it runs."""

    def __init__(self, folder: Path, storage: str) -> None:
        self.folder = folder
        """Where functions and workers find their faults, and leave word."""
        self.storage = storage
        """`http://host:port`, where generations of objects are minded."""

    def worker_environment(self) -> dict[str, str]:
        """What a worker needs, but for RunPod's part."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return kept | client_environment() | no_proxy(os.environ) | {
            "PYTHONPATH": str(ROOT),
            "FIREBASE_SERVICE_ACCOUNT_KEY": emulator_service_account(),
            "FIREBASE_STORAGE_BUCKET": BUCKET,
            "STORAGE_EMULATOR_HOST": self.storage,
            FOLDER: str(self.folder),
            "OMP_NUM_THREADS": "1",
        }  # fmt: skip


@contextlib.contextmanager
def running(
    faults: Mapping[str, Any],
    *,
    storage: str,
    runpod: Sequence[str] = (),
    workers: Mapping[str, str] | None = None,
    functions: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Start it all, and end it all.

    Args:
        faults: what `faults.given_faults` reads.
        storage: where Storage is, generations minded.
        runpod: more for the command line of the RunPod emulator.
        workers: more for the environment of the workers that it starts.
        functions: more for the functions' environment.
    """
    shutil.rmtree(PLACE, ignore_errors=True)
    folder = PLACE / "faults"
    folder.mkdir(parents=True)
    if "plan" in faults:
        (folder / FIRED).mkdir()
    (folder / FAULTS).write_text(json.dumps(faults))
    config = stage_project(PLACE)
    stack = Stack(folder, storage)
    suite = EmulatorSuite(
        only=EMULATORS,
        config=config,
        functions=PLACE / FUNCTIONS,
        environment={"STORAGE_BUCKET_URL": BUCKET, FOLDER: str(folder), STORAGE: storage, **(functions or {})},
        secrets={"RUNPOD_API_KEY": DEFAULT_API_KEY, "RUNPOD_WEBHOOK_SECRET": secrets.token_hex(32)},
    )
    with contextlib.ExitStack() as started:
        command = [sys.executable, "-m", "runpod_emulator", "--port", str(ports()["runpod"]), *runpod]
        environment = stack.worker_environment() | dict(workers or {})
        emulator = ManagedProcess(command, environment=environment, log=LOGS / "chaos-runpod.log", folder=ROOT)
        started.callback(emulator.stop)
        started.enter_context(suite)
        _wait_for_runpod()
        create_topics()
        yield stack


def _wait_for_runpod() -> None:
    deadline = time.monotonic() + START_SECONDS
    while runpod_health() is None:
        if time.monotonic() > deadline:
            message = f"the RunPod emulator at {RUNPOD_URL} does not answer"
            raise TimeoutError(message)
        time.sleep(0.1)
