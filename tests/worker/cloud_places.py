"""A worker's surroundings in memory, and one job that has a document there."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.catalogue_file import load_catalogue
from adapters.in_memory import InMemoryEndings, InMemoryGenerations, InMemoryObjects
from contracts.moderation import InputCheck, allow_everything
from contracts.paths import GenerationPath, MediaType
from contracts.runpod_job import CloudJob
from contracts.stored_object import File
from tests.worker.painters import Painter
from worker.generate import run_cloud_job
from worker.gpu_turn import Engine
from worker.moderation import OutputCheck
from worker.workplace import Cloud, Workplace

CATALOGUE = load_catalogue()
CREATED_AT = datetime(2026, 8, 1, 12, 0, 0, 123456, tzinfo=UTC)
NOW = CREATED_AT + timedelta(seconds=5)
SEED = 81_723
RUNPOD_JOB_ID = "ab-u1"

IMAGE_PATH = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1")
VIDEO_PATH = GenerationPath(user_id="u1", media_type=MediaType.VIDEOS, file_uid="f1")


@dataclass
class CloudPlace:
    """A worker with documents, objects and endings in memory."""

    engine: Engine = field(default_factory=Painter)
    generations: InMemoryGenerations = field(default_factory=InMemoryGenerations)
    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    endings: InMemoryEndings = field(default_factory=InMemoryEndings)
    stop: threading.Event = field(default_factory=threading.Event)
    now: Callable[[], datetime] = lambda: NOW
    input_check: InputCheck = allow_everything
    output_check: OutputCheck | None = None

    @property
    def workplace(self) -> Workplace:
        """What the worker is given."""
        cloud = Cloud(generations=self.generations, objects=self.objects, endings=self.endings)
        return Workplace(
            engine=self.engine,
            catalogue=CATALOGUE,
            now=self.now,
            cloud=cloud,
            input_check=self.input_check,
            output_check=self.output_check,
        )

    def dispatch(self, path: GenerationPath = IMAGE_PATH, **request_data: Any) -> CloudJob:  # noqa: ANN401 - any scalar
        """Put a document there as it is after its dispatch. The job that RunPod would give out."""
        asked = {"prompt": "a red circle", "num_inference_steps": 2, **request_data}
        self.generations.put(path, dispatched(path, asked))
        return CloudJob.model_validate(job_input(path, asked))

    def run(self, job: CloudJob) -> dict[str, Any]:
        """Run it. The RunPod result."""
        return run_cloud_job(job, RUNPOD_JOB_ID, self.workplace, self.stop)

    def document(self, path: GenerationPath = IMAGE_PATH) -> dict[str, Any]:
        """Its fields as they are now."""
        return self.generations.documents[path]


def dispatched(path: GenerationPath, request_data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a document after its first dispatch."""
    dispatched_at = CREATED_AT + timedelta(seconds=1)
    return {
        "status": "queued",
        "created_at": CREATED_AT,
        "user_id": path.user_id,
        "file_uid": path.file_uid,
        "schema_version": 1,
        "request_data": request_data,
        "stage": "dispatched",
        "attempt": 1,
        "failures": 0,
        "seed": SEED,
        "dispatched_at": dispatched_at,
        "lease_expires_at": dispatched_at + timedelta(seconds=900),
        "runpod_job_id": RUNPOD_JOB_ID,
        "modified": dispatched_at,
    }


def job_input(path: GenerationPath, request_data: dict[str, Any]) -> dict[str, Any]:
    """The input of the RunPod job for that document."""
    return {
        **request_data,
        "user_id": path.user_id,
        "file_uid": path.file_uid,
        "media_type": path.media_type.value,
        "created_at": CREATED_AT.isoformat(),
        "attempt": 1,
        "use_cloud_storage": True,
        "seed": SEED,
    }


def a_file(name: str, content: bytes = b"somebody's picture") -> File:
    """A file to store."""
    return File(name=name, content=content, content_type="image/png", sha256="0a")
