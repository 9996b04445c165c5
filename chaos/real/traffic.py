"""The fourth proof: traffic on the real emulators, while everything between the parts goes wrong now and then."""

import sys
import urllib.request
from collections import Counter
from json import dumps, load
from pathlib import Path
from random import Random

from chaos.proof import Result
from chaos.real.course import Course, emulators_for_clients
from chaos.real.faults import FIRED
from chaos.real.functions import EVENTS_SEED
from chaos.real.pages import Request
from chaos.real.stack import PLACE, WEBHOOK, running
from chaos.real.worker import AT_ONCE
from chaos.storage_preconditions.faults import Faults as StorageFaults
from chaos.storage_preconditions.serving import storage_preconditions
from contracts.command import CommandType
from local.layout import BUILD, LOGS
from local.ports import address

JOBS = 2_000
WORKERS, JOBS_OF_A_WORKER = 2, 6
MOST_OPEN, MOST_UNSEEN = 60, 16
CANCELS, DELETES = 0.05, 0.05
TAKEN_BACK_SHARE = 0.5
MOST_GPU_RUNS = 1.15
FEWEST_FAULTS = 0.05
"""For each job, of every place that faults come from."""
FEWEST_BAD_EVENTS = 0.07
"""Of those that are lost, and of those that come twice: a tenth of each is drawn."""
FAILING_CALLS = 0.01
"""Before a call of a store that a function or a worker makes, and after it."""
BUSY, UNAVAILABLE, RESET = 0.01, 0.02, 0.02
"""Of the requests to Storage."""
RUNPOD = [
    *({"fault": "error", "on": on, "status": 500, "probability": 0.01} for on in ("run", "status", "cancel", "job-done")),
    *({"fault": "error", "on": on, "status": 429, "probability": 0.01} for on in ("run", "status")),
    *({"fault": "dropped", "on": on, "probability": 0.01} for on in ("run", "status", "cancel", "job-done")),
    *({"fault": "ambiguous", "on": on, "probability": 0.01} for on in ("run", "cancel", "job-done")),
    *({"fault": "garbage", "on": on, "probability": 0.01} for on in ("run", "status")),
    {"fault": "error", "on": "run", "status": 401, "probability": 0.002},
    {"fault": "ttl_expiry", "on": "run", "seconds": 1.0, "probability": 0.005},
    {"fault": "lost_delivery", "probability": 0.01},
    {"fault": "duplicate_delivery", "probability": 0.02},
    {"fault": "worker_killed", "seconds": 0.3, "probability": 0.004},
    {"fault": "worker_paused", "seconds": 12.0, "probability": 0.001},
    {"fault": "zombie_heartbeat", "seconds": 0.3, "probability": 0.001},
    {"fault": "result_lost", "probability": 0.01},
    {"fault": "result_refused", "probability": 0.01},
    {"fault": "late_progress", "probability": 0.01},
    *({"fault": fault, "probability": 0.02} for fault in ("webhook_lost", "webhook_duplicated", "webhook_empty")),
]  # fmt: skip
"""What the RunPod emulator is told to do wrong, for ever."""


def prove(seed: int, jobs: int = JOBS) -> Result:
    """So many jobs."""
    random, storage_faults = Random(seed), StorageFaults(seed, unavailable=UNAVAILABLE, busy=BUSY, reset=RESET)
    with (
        storage_preconditions(f"http://{address('storage')}", faults=storage_faults) as storage,
        emulators_for_clients(f"http://{address('storage')}"),
        running(
            {"seed": seed, "chance": FAILING_CALLS},
            storage=storage,
            runpod=_runpod(seed),
            worker={AT_ONCE: str(JOBS_OF_A_WORKER)},
            functions={EVENTS_SEED: str(seed), "RUNPOD_WEBHOOK_URL": WEBHOOK},
        ) as stack,
    ):
        course = Course("Traffic on the emulators")
        course.run(jobs, MOST_OPEN, MOST_UNSEEN, lambda number: _ask(course, random, number), lambda: None)
        fired = _fired_at_runpod() + Counter((stack.folder / FIRED).read_text().splitlines())
        verdict = course.end(stack.folder)
    fired += Counter({f"Storage {label}": times for label, times in storage_faults.fired.items()})
    return Result(
        figure=f"{jobs:,} jobs: {verdict.fates}; {fired.total():,} faults of {len(fired)} kinds, events lost "
        f"{fired['event lost']}, twice {fired['event twice']}; {verdict.gpu_runs_per_job:.3f} GPU runs a job",
        violations=[*verdict.violations, *_too_few(fired, jobs, verdict.gpu_runs_per_job)],
    )
