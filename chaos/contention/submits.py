"""How often a document reaches RunPod that many dispatch, or many sweep, at the same moment."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from google.cloud import firestore

from adapters.firestore_sweeper import FirestoreSweeper
from adapters.in_memory import InMemoryRunPod
from chaos.contention.claims import UNAVAILABLE
from chaos.contention.crowd import Crowd
from chaos.contention.documents import CREATED_AT, FIRST_ATTEMPT, NOW, found, outside, paths, put
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Mark, StoreUnavailable
from triggers.dispatch import dispatch
from triggers.sweep import MOST_AT_ONCE, sweep

LONGER_THAN_A_PAUSE = timedelta(hours=1)


def dispatch_once(number: int, client: firestore.Client, item: tuple[GenerationPath, int]) -> list[str]:
    """One process hears of a creation. What it submitted."""
    path, seed = item
    runpod = InMemoryRunPod()
    try:
        dispatch(path, outside(client, runpod, NOW, Random(f"{seed} {number}")))
    except StoreUnavailable:
        return [*_submitted(runpod), UNAVAILABLE]
    return _submitted(runpod)


def sweep_once(number: int, client: firestore.Client, item: tuple[datetime, int]) -> list[str]:
    """One process sweeps at this time. What it submitted."""
    now, seed = item
    runpod = InMemoryRunPod()
    sweep(outside(client, runpod, now, Random(f"{seed} {number}")))
    return _submitted(runpod)


def dispatches(crowd: Crowd, client: firestore.Client, count: int, seed: int) -> tuple[int, list[str]]:
    """Everybody dispatches each document. How many submits there were, and what must not be."""
    documents = paths("dispatched", count)
    put(client, documents, {})
    got = crowd.all_do(dispatch_once, [(path, seed) for path in documents])
    return _judge(client, documents, got, attempt=1, failures=0)


def sweeps(crowd: Crowd, client: firestore.Client, count: int, seed: int) -> tuple[int, list[str]]:
    """Everybody sweeps, over documents whose workers are gone; then again, when their pauses are over.

    The first time each attempt is taken away, once; the second time the next one begins, once.
    How many submits there were, and what must not be.
    """
    documents = paths("swept", min(count, MOST_AT_ONCE))
    gone = {"status": "processing", "claim": "gone", "runpod_job_id": "gone-u1", "lease_expires_at": CREATED_AT}
    put(client, documents, FIRST_ATTEMPT | gone)
    # Creations are another matter: these were looked through.
    FirestoreSweeper(client).move(MediaType.IMAGES, Mark(created_at=NOW))
    got = crowd.all_do(sweep_once, [(NOW, seed), (NOW + LONGER_THAN_A_PAUSE, seed)])
    return _judge(client, documents, got, attempt=3, failures=1)


def _judge(
    client: firestore.Client,
    documents: Sequence[GenerationPath],
    got: Sequence[Sequence[Sequence[str]]],
    *,
    attempt: int,
    failures: int,
) -> tuple[int, list[str]]:
    submits = Counter(name for of_item in got for names in of_item for name in names)
    after = found(client, documents)
    times = submits.pop(UNAVAILABLE, 0)
    unavailable = [f"Firestore was unavailable {times} times"] if times else []
    wrong = [
        f"{path.document}: {what}"
        for path in documents
        for what in _wrong(submits[path.file_uid], after[path], attempt=attempt, failures=failures)
    ]
    return submits.total(), unavailable + wrong


def _wrong(submits: int, after: Mapping[str, Any], *, attempt: int, failures: int) -> Iterator[str]:
    if submits != 1:
        yield f"{submits} submits"
    if (after["status"], after["attempt"], after["failures"]) != ("queued", attempt, failures):
        yield f"is {after['status']}, attempt {after['attempt']}, failures {after['failures']}"
    if "runpod_job_id" not in after:
        yield "nobody noted its RunPod job"


def _submitted(runpod: InMemoryRunPod) -> list[str]:
    return [body["input"]["file_uid"] for body in runpod.submitted]
