"""What a job costs at Firestore, counted on the real emulator, where one event of five comes twice.

    python -m benchmarks.firestore_writes [--at 127.0.0.1:8080]

The functions' use cases and the worker's run as they are; RunPod, Storage and Pub/Sub are stand-ins, and the
engine paints without a model. A job is claimed at once, while the function still waits for RunPod's answer, or it
waits in RunPod's queue and is claimed later. Of the second events, half come at the same time as the first.

Progress is counted apart: one write a second at most, however long a job takes. A commit that its precondition
stops writes nothing.
"""

import argparse
import contextlib
import json
import os
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from google.cloud import firestore

from adapters.catalogue_file import load_catalogue
from adapters.firestore_commands import FirestoreCommands
from adapters.firestore_generations import FirestoreGenerations
from adapters.firestore_sweeper import FirestoreSweeper
from adapters.in_memory import InMemoryEndings, InMemoryObjects, InMemoryOwners, InMemoryRunPod
from benchmarks.counting_client import CountingClient
from benchmarks.row import Row
from contracts.catalogue import Model
from contracts.paths import GenerationPath, MediaType
from contracts.runpod_job import CloudJob
from local.emulator_environment import client_environment, no_proxy
from local.emulator_suite import EmulatorSuite
from triggers.created import created
from triggers.wiring import Outside
from worker.generate import run_cloud_job
from worker.gpu_turn import AtOnce, Pictures, Watcher
from worker.workplace import Cloud, Workplace

JOBS = 20
TWICE_OF = 5
"""One event of so many comes twice."""
COMMAND = "python -m benchmarks.firestore_writes"
LIMITS = {"writes": "2", "reads": "0"}
"""The page's write and the ending; a job that is sure of itself reads nothing."""
CLAIMED_LATER = "waits in RunPod's queue"
CLAIMED_AT_ONCE = "is claimed before RunPod's answer is there"
MOST = {
    ("writes", CLAIMED_AT_ONCE): 4,  # the page's, dispatch, claim, completion
    ("writes", CLAIMED_LATER): 5,  # and RunPod's id, without which nobody can ask RunPod, or cancel it there
    ("reads", CLAIMED_AT_ONCE): 5,
    ("reads", CLAIMED_LATER): 4,
}


class Painter(AtOnce):
    """One colour, once it may."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_paint = threading.Event()

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, watcher: Watcher
    ) -> Iterator[Pictures]:
        """See `AtOnce.generate`."""
        del model
        self.begun.set()
        self.may_paint.wait()
        watcher.step(1, request["num_inference_steps"])
        yield np.full((1, 8, 8, 3), seed % 256, dtype=np.uint8)


class Endpoint(InMemoryRunPod):
    """A RunPod with one worker, which takes each job before `POST /run` is answered, or when it is told to."""

    def __init__(self, documents: firestore.Client, *, at_once: bool) -> None:
        super().__init__()
        cloud = Cloud(
            generations=FirestoreGenerations(documents), objects=InMemoryObjects(), endings=InMemoryEndings()
        )
        self._place = Workplace(engine=Painter(), catalogue=load_catalogue(), now=_now, cloud=cloud)
        self._at_once = at_once
        self._workers: list[tuple[threading.Thread, Painter]] = []

    def submit(self, body: Mapping[str, Any]) -> str:
        """See `RunPodQueue.submit`."""
        runpod_job_id, painter = super().submit(body), Painter()
        job = CloudJob.model_validate(json.loads(json.dumps(body["input"])))
        place, stop = replace(self._place, engine=painter), threading.Event()
        worker = threading.Thread(target=run_cloud_job, args=(job, runpod_job_id, place, stop))
        self._workers.append((worker, painter))
        if self._at_once:
            worker.start()
            painter.begun.wait()
        return runpod_job_id

    def finish(self) -> None:
        """Let the worker do what there is to do, one job after the other."""
        for worker, painter in self._workers:
            painter.may_paint.set()
            if not self._at_once:
                worker.start()
            worker.join()
        self._workers.clear()


def measure(at: str | None = None) -> list[Row]:
    """Writes and reads per job, claimed at once and claimed later."""
    with emulator(at):
        counted = {
            CLAIMED_AT_ONCE: count_jobs(CountingClient(_a_project()), at_once=True),
            CLAIMED_LATER: count_jobs(CountingClient(_a_project()), at_once=False),
        }
    return [_row(what, when, counted[when]) for what, when in MOST]


def count_jobs(documents: CountingClient, *, at_once: bool) -> Counter[str]:
    """What so many jobs cost, from the page's write to their completion."""
    endpoint = Endpoint(documents, at_once=at_once)
    outside = _outside(documents, endpoint)
    for number in range(JOBS):
        path = _path(number)
        _page_writes(documents, path)
        _deliver(path, outside, number)
        endpoint.finish()
    counts = Counter(documents.counts)
    ended = [documents.document(_path(number).document).get().get("status") for number in range(JOBS)]
    if ended != ["completed"] * JOBS or len(endpoint.submitted) != JOBS:
        message = f"of {JOBS} jobs {ended.count('completed')} were completed, with {len(endpoint.submitted)} POSTs"
        raise RuntimeError(message)
    return counts


def _deliver(path: GenerationPath, outside: Outside, number: int) -> None:
    """The event of a creation; of each fifth twice, in turns at the same time and afterwards."""
    events = [threading.Thread(target=created, args=(path.document, outside))]
    if number % TWICE_OF == 0:
        events.append(threading.Thread(target=created, args=(path.document, outside)))
    together = number % (2 * TWICE_OF) == 0
    for event in events:
        event.start()
        if not together:
            event.join()
    for event in events:
        event.join()


def _page_writes(documents: firestore.Client, path: GenerationPath) -> None:
    documents.document(path.document).create(
        {
            "status": "queued",
            "created_at": firestore.SERVER_TIMESTAMP,
            "user_id": path.user_id,
            "file_uid": path.file_uid,
            "request_data": {"prompt": "a red circle"},
        }
    )


def _outside(documents: firestore.Client, endpoint: Endpoint) -> Outside:
    return Outside(
        generations=FirestoreGenerations(documents),
        commands=FirestoreCommands(documents),
        objects=InMemoryObjects(),
        runpod=endpoint,
        endings=InMemoryEndings(),
        sweeper=FirestoreSweeper(documents),
        owners=InMemoryOwners(),
        catalogue=load_catalogue(),
        now=_now,
        draw_seed=lambda: 7,
        chance=lambda: 0.5,
        webhook_for=lambda _path, _generation: None,
    )


@contextlib.contextmanager
def emulator(at: str | None) -> Iterator[None]:
    """The Firestore emulator that listens there, or one of our own. Google's client finds it meanwhile."""
    before = dict(os.environ)
    os.environ.update(
        client_environment() | no_proxy(os.environ) | ({"FIRESTORE_EMULATOR_HOST": at} if at else {})
    )
    try:
        with contextlib.nullcontext() if at else EmulatorSuite(only={"firestore"}):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _path(number: int) -> GenerationPath:
    return GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid=f"f{number}")


def _a_project() -> str:
    return f"demo-counted-{uuid.uuid4().hex[:8]}"


def _now() -> datetime:
    return datetime.now(UTC)


def _row(what: str, when: str, counts: Counter[str]) -> Row:
    each, of_progress = counts[what] / JOBS, counts[f"{what} of progress"] / JOBS
    return Row(
        what=f"Firestore {what} per job that {when}, one event of {TWICE_OF} coming twice",
        ours=f"{each:.2f}, and {of_progress:.2f} of progress",
        naive="-",
        limit=LIMITS[what],
        target=f"at most {MOST[what, when]}",
        met=each <= MOST[what, when],
        command=COMMAND,
    )


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", help="a Firestore emulator that is running, host:port; else one is started")
    for row in measure(parser.parse_args().at):
        print(f"{row.what}: {row.ours} ({row.target}: {'met' if row.met else 'not met'}; limit {row.limit})")


if __name__ == "__main__":
    main()
