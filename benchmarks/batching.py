"""What batching brings where it pays, and what it costs where it does not: with the shipped model.

Where it pays: jobs a second through the SDK's worker loop and the RunPod emulator while many wait, as a part of
the pictures a second of a bare loop that calls the pipeline with eight at a time (`bare_loop`). Where it does
not: a few jobs come at once, again and again, and half of them must not wait much longer than if there were no
batching.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.emulator import ROOT
from benchmarks.endpoint import Course, Endpoint, endpoint
from benchmarks.plots import draw_curves, keep
from benchmarks.queued_documents import queue_documents
from benchmarks.row import Row
from benchmarks.table import print_table

COMMAND = "python -m benchmarks.batching"
OURS, NAIVE = "benchmarks.our_painter", "benchmarks.naive_worker"
BATCHED, ALONE = "batched", "alone"
PAYS_AT, PAYS_NOT_AT = 64, 128
"""Pixels of a picture's side."""
JOBS, NAIVE_JOBS = 160, 16
"""The naive worker takes one a second, the first like the last."""
LEAST_EFFICIENCY, MOST_DELAY = 0.8, 1.2
GROUPS, JOBS_IN_GROUP, GROUP_SECONDS = 6, 3, 2.5
PATIENCE_SECONDS = 180

Curve = Mapping[int, float]
"""Seconds per picture, by how many are made in one call."""


def measure() -> list[Row]:
    """Both rows, and the drawing of the curves."""
    curves = bare_curves()
    keep("batches.svg", draw_curves({f"{size}x{size}": curve for size, curve in curves.items()}, "s"))
    return [_throughput(curves[PAYS_AT]), _latency(curves[PAYS_NOT_AT])]


def bare_curves() -> dict[int, Curve]:
    """By the size of the picture."""
    command = [sys.executable, "-m", "benchmarks.bare_loop"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {
        int(size): {int(batch): seconds for batch, seconds in curve.items()}
        for size, curve in json.loads(printed).items()
    }


def _throughput(curve: Curve) -> Row:
    bare = 1 / curve[max(curve)]
    ours = run(OURS, PAYS_AT, JOBS, BATCHED).jobs_per_second
    naive = run(NAIVE, PAYS_AT, NAIVE_JOBS).jobs_per_second
    return Row(
        what=f"jobs/s at {PAYS_AT}x{PAYS_AT}, of the pictures/s of a bare loop of {max(curve)}",
        ours=f"{ours / bare:.2f} ({ours:.1f}/s)",
        naive=f"{naive / bare:.2f} ({naive:.1f}/s)",
        limit=f"1 ({bare:.1f}/s)",
        target=f"at least {LEAST_EFFICIENCY}",
        met=ours / bare >= LEAST_EFFICIENCY,
        command=COMMAND,
    )


def _latency(curve: Curve) -> Row:
    batched = statistics.median(run_in_groups(PAYS_NOT_AT, BATCHED).latencies)
    alone = statistics.median(run_in_groups(PAYS_NOT_AT, ALONE).latencies)
    gain = curve[1] / curve[max(curve)]
    return Row(
        what=f"p50 latency at {PAYS_NOT_AT}x{PAYS_NOT_AT}, where {max(curve)} in a call bring {gain:.2f}x, "
        "of that without batching",
        ours=f"{batched / alone:.2f} ({batched:.2f} s)",
        naive=f"1 ({alone:.2f} s, ours without batching)",
        limit="-",
        target=f"at most {MOST_DELAY}",
        met=batched / alone <= MOST_DELAY,
        command=COMMAND,
    )


def run(worker: str, size: int, jobs: int, *arguments: str) -> Course:
    """Queue so many jobs, start the worker, and wait until all are done."""
    request = {"width": size, "height": size}
    with endpoint() as place:
        queued = [place.submit(body) for body in queue_documents(jobs, request)[1]]
        with place.worker(worker, str(jobs), json.dumps(request), *arguments):
            return place.follow(queued, patience_seconds=PATIENCE_SECONDS)


def run_in_groups(size: int, how: str) -> Course:
    """Submit a few jobs at once, again and again, to a worker that is there and has learned what calls take."""
    request = {"width": size, "height": size}
    jobs = GROUPS * JOBS_IN_GROUP
    bodies = queue_documents(2 * jobs, request)[1]
    with endpoint() as place, place.worker(OURS, str(2 * jobs), json.dumps(request), how):
        place.follow(_submit_in_groups(place, bodies[:jobs], 0), patience_seconds=PATIENCE_SECONDS)
        timed = _submit_in_groups(place, bodies[jobs:], GROUP_SECONDS)
        return place.follow(timed, patience_seconds=PATIENCE_SECONDS)


def _submit_in_groups(place: Endpoint, bodies: Sequence[dict[str, Any]], pause_seconds: float) -> list[str]:
    submitted = []
    for first in range(0, len(bodies), JOBS_IN_GROUP):
        submitted += [place.submit(body) for body in bodies[first : first + JOBS_IN_GROUP]]
        time.sleep(pause_seconds)
    return submitted


if __name__ == "__main__":
    print_table(measure())
