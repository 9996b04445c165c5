"""Documents in few kinds: all that no code decides on is left out, and every time but `created_at` is one of two.

Each kind has a number, which is what a state holds.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.generation import read_generation
from contracts.paths import GenerationPath, MediaType
from contracts.transitions import Snapshot

PATH = GenerationPath(user_id="u", media_type=MediaType.IMAGES, file_uid="f")
START = datetime(2026, 8, 1, tzinfo=UTC)
CREATED = (START, START + timedelta(minutes=2))
"""Of the first document, and of the one that is created again under its id."""
ORDERED = (START + timedelta(minutes=1), START + timedelta(minutes=3))
"""Of the commands about either."""
NOW = START + timedelta(minutes=10)
"""Everybody's clock. The lease is always over by then, so anybody can look after anything at any time."""
LEASE = START
FAILURE = {"code": "worker_lost", "stage": "generating", "retryable": True, "message": "It was lost."}
NO_TIME = {"queued": 0.0, "loading": 0.0, "generating": 0.0, "encoding": 0.0, "uploading": 0.0}
KEPT = {
    "status",
    "created_at",
    "user_id",
    "file_uid",
    "request_data",
    "attempt",
    "failures",
    "claim",
    "runpod_job_id",
}


class Documents:
    """Every kind of document that there was so far."""

    def __init__(self, images: int) -> None:
        self._request = {"prompt": "p", "num_inference_steps": 1, "num_images": images}
        self._numbers: dict[str, int] = {}
        self._fields: list[dict[str, Any]] = []
        self._snapshots: list[Snapshot] = []

    def created(self, epoch: int) -> int:
        """As the page creates it, for the first or the second time."""
        return self.number(
            {
                "status": "queued",
                "created_at": CREATED[epoch],
                "user_id": PATH.user_id,
                "file_uid": PATH.file_uid,
                "request_data": self._request,
            }
        )

    def number(self, fields: Mapping[str, Any]) -> int:
        """Which kind it is."""
        kept = {key: value for key, value in fields.items() if key in KEPT}
        if "lease_expires_at" in fields:
            kept["lease_expires_at"] = LEASE
        if "error" in fields:
            kept["error"] = FAILURE
        if "generation_data" in fields:
            kept["generation_data"] = {**fields["generation_data"], "timings_seconds": NO_TIME}
        key = json.dumps(kept, default=str, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self._fields)
            self._fields.append(kept)
            self._snapshots.append(read_generation(kept))
        return self._numbers[key]

    def fields(self, number: int) -> dict[str, Any]:
        """What it holds."""
        return self._fields[number]

    def snapshot(self, number: int) -> Snapshot:
        """The same, read."""
        return self._snapshots[number]
