"""Documents that wait for a worker, in memory, and the RunPod jobs that were dispatched for them.

Whoever submits the jobs and the worker that does them are two processes: both make the same from the same.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.catalogue_file import load_catalogue
from adapters.in_memory import InMemoryGenerations
from contracts import transitions
from contracts.generation import SCHEMA_VERSION
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Applied
from contracts.runpod_job import build_run_body
from contracts.status import Status

CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)
USER = "benchmark"


def queue_documents(
    count: int, request_data: Mapping[str, Any]
) -> tuple[InMemoryGenerations, list[dict[str, Any]]]:
    """So many generations, dispatched, and the bodies of `POST /run` for them; each has a prompt of its own."""
    generations, bodies = InMemoryGenerations(), []
    model = load_catalogue().find(MediaType.IMAGES, None)
    assert model is not None  # noqa: S101 - one is the default
    for number in range(count):
        path = some_path(number)
        generations.put(path, _created(path, {**request_data, "prompt": f"{number} yellow stars"}))
        dispatched = generations.apply(
            path,
            lambda found, seed=number: transitions.dispatch(  # type: ignore[misc]
                found, attempt=0, seed=seed, now=CREATED_AT, lease_expires_at=CREATED_AT + timedelta(days=1)
            ),
        )
        assert isinstance(dispatched, Applied)  # noqa: S101 - it was created just now
        bodies.append(build_run_body(path, dispatched.generation, model))
    return generations, bodies


def some_path(number: int) -> GenerationPath:
    """Where the document of this number lies."""
    return GenerationPath(user_id=USER, media_type=MediaType.IMAGES, file_uid=f"picture-{number}")


def _created(path: GenerationPath, request_data: Mapping[str, Any]) -> dict[str, Any]:
    """As a page creates it."""
    return {
        "status": Status.QUEUED.value,
        "created_at": CREATED_AT,
        "user_id": path.user_id,
        "file_uid": path.file_uid,
        "schema_version": SCHEMA_VERSION,
        "request_data": dict(request_data),
    }
