"""Who claims a document that others claim, cancel and take away at the same moment."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from google.cloud import firestore

from adapters.firestore_generations import FirestoreGenerations
from chaos.contention.crowd import Crowd
from chaos.contention.documents import CREATED_AT, FIRST_ATTEMPT, LEASE, NOW, found, paths, put
from contracts import transitions
from contracts.errors import ErrorCode, FailedStage, Failure
from contracts.paths import GenerationPath
from contracts.ports import Applied, StoreUnavailable
from contracts.transitions import Change, Reason, Snapshot, Transition

CLAIM, CANCEL, REDISPATCH = "claim", "cancel", "redispatch"
WON, UNAVAILABLE = "won", "store_unavailable"
LATEST_SECONDS = 0.02
"""About as long as a claim takes."""
LOST = Failure(code=ErrorCode.WORKER_LOST, stage=FailedStage.GENERATING, retryable=True, message="It was lost.")


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What one process wants of a document, and how late it comes."""

    wants: str
    late_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Go:
    """What it got."""

    wanted: str
    outcome: str
    """`WON`, why it was refused, or `UNAVAILABLE`."""
    fields: Mapping[str, Any] | None
    """The document as the winner wrote it."""
    held: bool
    """Whether its guard was true when it first looked: it was there before anybody had won."""
    seconds: float


def race(number: int, client: firestore.Client, item: tuple[GenerationPath, Sequence[Turn]]) -> Go:
    """One process's part in one document's race."""
    path, turns = item
    turn = turns[number]
    seen: list[Change | Reason] = []
    wanted = _transition(turn.wants, number)

    def watched(snapshot: Snapshot) -> Change | Reason:
        seen.append(wanted(snapshot))
        return seen[-1]

    time.sleep(turn.late_seconds)
    began = time.perf_counter()
    outcome, fields = _apply(FirestoreGenerations(client), path, watched)
    seconds = time.perf_counter() - began
    held = bool(seen) and isinstance(seen[0], Change)
    return Go(wanted=turn.wants, outcome=outcome, fields=fields, held=held, seconds=seconds)


def _apply(
    generations: FirestoreGenerations, path: GenerationPath, transition: Transition
) -> tuple[str, Mapping[str, Any] | None]:
    try:
        result = generations.apply(path, transition)
    except StoreUnavailable:
        return UNAVAILABLE, None
    return (WON, result.fields) if isinstance(result, Applied) else (result.reason.value, None)


def _transition(wants: str, number: int) -> Transition:
    now = NOW + timedelta(microseconds=number)  # of two equal changes, either would be taken for one's own
    if wants == CANCEL:
        return partial(transitions.cancel, now=now)
    of_this: dict[str, Any] = {"created_at": CREATED_AT, "attempt": 1, "now": now}
    if wants == REDISPATCH:
        return partial(transitions.redispatch, **of_this, failure=LOST, counts=True, retry_at=now + LEASE)
    mine: dict[str, Any] = {"claim": f"racer-{number}", "runpod_job_id": f"job-{number}"}
    return partial(transitions.claim, **of_this, **mine, lease_expires_at=now + LEASE)


def claims(crowd: Crowd, client: firestore.Client, count: int) -> tuple[list[list[Go]], list[str]]:
    """Everybody claims. What each got of each document, and what must not be."""
    documents = paths("claimed", count)
    put(client, documents, FIRST_ATTEMPT)
    races = crowd.all_do(race, [(path, [Turn(wants=CLAIM)] * crowd.size) for path in documents])
    after = found(client, documents)
    return races, [
        f"{path.document}: {wrong}"
        for path, goes in zip(documents, races, strict=True)
        for wrong in _wrong_claims(goes, after.get(path, {}))
    ]


def _wrong_claims(goes: Sequence[Go], after: Mapping[str, Any]) -> Iterator[str]:
    outcomes = Counter(go.outcome for go in goes)
    if outcomes != {WON: 1, Reason.NOT_QUEUED: len(goes) - 1}:
        yield f"claims ended as {dict(outcomes)}"
    winners = [number for number, go in enumerate(goes) if go.outcome == WON]
    if [after.get("claim")] != [f"racer-{number}" for number in winners]:
        yield f"{winners} won, and the claim is {after.get('claim')}"


def with_others(
    crowd: Crowd, client: firestore.Client, count: int, random: Random
) -> tuple[list[list[Go]], list[str]]:
    """Two cancel, one takes it away, the others claim; who and how late is drawn."""
    documents = paths("taken", count)
    put(client, documents, FIRST_ATTEMPT)
    races = crowd.all_do(race, [(path, _drawn(crowd.size, random)) for path in documents])
    after = found(client, documents)
    return races, [
        f"{path.document}: {wrong}"
        for path, goes in zip(documents, races, strict=True)
        for wrong in _wrong_with_others(goes, after.get(path, {}))
    ]


def _drawn(size: int, random: Random) -> list[Turn]:
    wants = [CANCEL, CANCEL, REDISPATCH, *[CLAIM] * (size - 3)]
    random.shuffle(wants)
    return [Turn(wants=one, late_seconds=random.uniform(0, LATEST_SECONDS)) for one in wants]


def _wrong_with_others(goes: Sequence[Go], after: Mapping[str, Any]) -> Iterator[str]:
    """A claim, a redispatch and a cancel can follow each other in this order, and in no other."""
    won = {
        wants: [go for go in goes if go.wanted == wants and go.outcome == WON]
        for wants in (CLAIM, REDISPATCH, CANCEL)
    }
    if unavailable := [go.wanted for go in goes if go.outcome == UNAVAILABLE]:
        yield f"Firestore was unavailable to {unavailable}"
    if len(won[CLAIM]) > 1:
        yield f"{len(won[CLAIM])} claims"
    if len(won[CANCEL]) != 1:
        yield f"{len(won[CANCEL])} cancels"
    elif after != won[CANCEL][0].fields:
        yield "something was written after the cancel"
    elif (after["attempt"], after["failures"]) != (1 + len(won[REDISPATCH]), len(won[REDISPATCH])):
        yield f"attempt {after['attempt']}, failures {after['failures']} after {len(won[REDISPATCH])} redispatches"
