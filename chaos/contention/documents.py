"""The documents that are contended for, and what is around them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from google.cloud import firestore

from adapters.catalogue_file import load_catalogue
from adapters.firestore_commands import FirestoreCommands
from adapters.firestore_generations import FirestoreGenerations
from adapters.firestore_sweeper import FirestoreSweeper
from adapters.in_memory import InMemoryEndings, InMemoryObjects, InMemoryOwners, InMemoryRunPod
from contracts.paths import GenerationPath, MediaType
from triggers.wiring import Outside

CATALOGUE = load_catalogue()
CREATED_AT = datetime(2026, 8, 1, tzinfo=UTC)
NOW = CREATED_AT + timedelta(hours=1)
"""Everybody's clock: who is first is decided by Firestore alone."""
LEASE = timedelta(minutes=1)
MOST_IN_A_BATCH = 500
FIRST_ATTEMPT: dict[str, Any] = {"stage": "dispatched", "attempt": 1, "failures": 0, "seed": 1}


def paths(scene: str, count: int) -> list[GenerationPath]:
    """So many, of a few users, with names that say where they belong."""
    return [
        GenerationPath(user_id=f"u{number % 7}", media_type=MediaType.IMAGES, file_uid=f"{scene}-{number:04}")
        for number in range(count)
    ]


def put(client: firestore.Client, documents: Sequence[GenerationPath], fields: dict[str, Any]) -> None:
    """Write them as a page does, and then as far on as `fields` says."""
    for first in range(0, len(documents), MOST_IN_A_BATCH):
        batch = client.batch()
        for path in documents[first : first + MOST_IN_A_BATCH]:
            batch.set(client.document(path.document), {**_created(path), **fields})
        batch.commit()


def found(client: firestore.Client, documents: Sequence[GenerationPath]) -> dict[GenerationPath, dict[str, Any]]:
    """What they say now."""
    paths_of = {path.document: path for path in documents}
    snapshots = client.get_all([client.document(document) for document in paths_of])
    return {paths_of[snapshot.reference.path]: snapshot.to_dict() or {} for snapshot in snapshots}


def outside(client: firestore.Client, runpod: InMemoryRunPod, now: datetime, random: Random) -> Outside:
    """Real documents, and the rest in memory."""
    return Outside(
        generations=FirestoreGenerations(client),
        commands=FirestoreCommands(client),
        objects=InMemoryObjects(),
        runpod=runpod,
        endings=InMemoryEndings(),
        sweeper=FirestoreSweeper(client),
        owners=InMemoryOwners(),
        catalogue=CATALOGUE,
        now=lambda: now,
        draw_seed=lambda: random.randrange(2**32),
        chance=random.random,
        webhook_for=lambda _path, _generation: None,
    )


def _created(path: GenerationPath) -> dict[str, Any]:
    return {
        "status": "queued",
        "created_at": CREATED_AT,
        "user_id": path.user_id,
        "file_uid": path.file_uid,
        "schema_version": 1,
        "request_data": {"prompt": "a red circle", "num_inference_steps": 1},
    }
