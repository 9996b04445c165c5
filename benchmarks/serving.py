"""Our worker's handler as it is deployed, on documents and objects in memory."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.catalogue_file import load_catalogue
from adapters.in_memory import InMemoryEndings, InMemoryObjects
from benchmarks.queued_documents import queue_documents
from worker.gpu_turn import Engine
from worker.handler import serve
from worker.workplace import Cloud, Workplace


def serve_in_memory(
    engine: Engine,
    *,
    held: int,
    jobs: int,
    request_data: Mapping[str, Any],
    objects: InMemoryObjects | None = None,
) -> None:
    """Take jobs for so many documents, `held` at once, until killed."""
    generations, _ = queue_documents(jobs, request_data)
    workplace = Workplace(
        engine=engine,
        catalogue=load_catalogue(),
        now=lambda: datetime.now(UTC),
        cloud=Cloud(generations=generations, objects=objects or InMemoryObjects(), endings=InMemoryEndings()),
    )
    serve(workplace, held=held)
