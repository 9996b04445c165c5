"""The fourth proof: traffic on the real emulators, while everything between the parts goes wrong now and then."""

import json
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from chaos.emulators import environment
from chaos.proof import Result
from chaos.real.commands import Commands
from chaos.real.course import Course
from chaos.real.faults import AT_ONCE, FIRED
from chaos.real.functions import EVENTS_SEED
from chaos.real.stack import WEBHOOK, running
from chaos.storage_preconditions.faults import Faults as StorageFaults
from chaos.storage_preconditions.serving import storage_preconditions
from contracts.command import CommandType
from local.layout import LOGS
from local.ports import address

JOBS = 2_000
WORKERS, JOBS_OF_A_WORKER = 2, 6
MOST_OPEN, MOST_UNSEEN = 60, 16
CANCELS, DELETES = 0.05, 0.05
MOST_GPU_RUNS = 1.15
"""For each job that a GPU has worked on."""
FEWEST_FAULTS = 0.05
"""For each job, of those that RunPod, Storage and the stores bring: each of the three."""
FEWEST_BAD_EVENTS = 0.07
"""For each job, of those that are lost and of those that come twice: a tenth of each is drawn."""
FAILING_CALLS = 0.01
"""Before a call of a store that a function or a worker makes, and after it."""
BUSY, UNAVAILABLE, RESET = 0.01, 0.02, 0.02
"""Of the requests to Storage."""
RUNPOD_FAULTS = Path(__file__).parent / "runpod_faults.toml"


def prove(seed: int, jobs: int = JOBS) -> Result:
    """So many jobs."""
    random, storage_faults = Random(seed), StorageFaults(seed, unavailable=UNAVAILABLE, busy=BUSY, reset=RESET)
    with (
        storage_preconditions(f"http://{address('storage')}", faults=storage_faults) as storage,
        environment(),
        running(
            {"seed": seed, "chance": FAILING_CALLS},
            storage=storage,
            runpod=list(_runpod(seed)),
            workers={AT_ONCE: str(JOBS_OF_A_WORKER)},
            functions={EVENTS_SEED: str(seed), "RUNPOD_WEBHOOK_URL": WEBHOOK},
        ) as stack,
    ):
        course, commands = Course("Traffic on the emulators"), Commands(random)

        def ask(number: int) -> None:
            file_uid, fate = f"t-{number}", random.random()
            course.pages.ask(file_uid, num_images=random.choice((1, 1, 2)), steps=random.choice((2, 2, 2, 20)))
            if fate < CANCELS + DELETES:
                commands.later(file_uid, CommandType.CANCEL if fate < CANCELS else CommandType.DELETE)

        course.run(
            jobs, ask, most_open=MOST_OPEN, most_unseen=MOST_UNSEEN, meanwhile=lambda: commands.give(course)
        )
        runpod, calls = _fired_at_runpod(), Counter((stack.folder / FIRED).read_text().splitlines())
        verdict = course.end(stack.folder)
    events = {"events lost": calls.pop("event lost", 0), "events twice": calls.pop("event twice", 0)}
    faults = {"RunPod": runpod.total(), "Storage": storage_faults.fired.total(), "stores": calls.total()}
    violations = list(verdict.violations)
    if jobs >= JOBS:  # of fewer, chance can leave some kind out
        violations += [*_too_few(faults, FEWEST_FAULTS * jobs), *_too_few(events, FEWEST_BAD_EVENTS * jobs)]
    if verdict.gpu_runs_per_job > MOST_GPU_RUNS:
        violations.append(f"{verdict.gpu_runs_per_job:.3f} GPU runs a job")
    return Result(
        figure=f"{jobs:,} jobs: {verdict.fates}; faults {faults} of {len(+runpod) + len(calls)} kinds, {events}; "
        f"{verdict.gpu_runs_per_job:.3f} GPU runs a job, the slowest {verdict.slowest_seconds:.0f} s",
        violations=violations,
    )


def _runpod(seed: int) -> Iterator[str]:
    """The emulator's command line: its faults, and its workers."""
    logs = LOGS / "chaos-workers"
    logs.mkdir(parents=True, exist_ok=True)
    yield from (
        "--faults",
        str(RUNPOD_FAULTS),
        "--set",
        f"seed={seed}",
        "--worker-logs",
        str(logs),
        "--hold-seconds",
        "2",
    )
    yield from ("--min-workers", str(WORKERS), "--max-workers", str(WORKERS))
    yield from ("--", sys.executable, "-m", "chaos.real.worker")


def _fired_at_runpod() -> Counter[str]:
    with urllib.request.urlopen(f"http://{address('runpod')}/control/faults", timeout=10) as answer:
        rules = json.load(answer)["faults"]
    return Counter({f"{rule['fault']} on {rule['on']} {rule.get('status', '')}": rule["fired"] for rule in rules})


def _too_few(counts: dict[str, int], fewest: float) -> list[str]:
    return [f"only {count} faults: {what}" for what, count in counts.items() if count < fewest]
