"""What a worker hands back when Storage or Firestore takes nothing is kept: both sides of one agreement."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from adapters.in_memory import InMemoryObjects
from contracts.paths import GenerationPath
from contracts.ports import StoreUnavailable
from contracts.runpod_job import RunPodJob, RunPodStatus
from contracts.stored_object import File, StoredObject
from tests.triggers.outside_in_memory import InMemory
from tests.worker.cloud_places import IMAGE_PATH, NOW, RUNPOD_JOB_ID, VIDEO_PATH, CloudPlace
from triggers.rescue import rescue

OVER = NOW + timedelta(hours=1)


class Storage(InMemoryObjects):
    """Takes nothing while it is closed; Firestore may go away as soon as it has taken something."""

    def __init__(self, place: CloudPlace, closed: str) -> None:
        super().__init__()
        self._place = place
        self.closed: str | None = closed

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        if self.closed == "storage":
            raise StoreUnavailable(file.name)
        self._place.generations.unavailable = self.closed == "firestore"
        return super().put(file, metadata, replacing=replacing)


@pytest.mark.parametrize("path", [IMAGE_PATH, VIDEO_PATH], ids=["image", "video"])
@pytest.mark.parametrize("closed", ["storage", "firestore"])
def test_nothing_that_was_made_is_lost(path: GenerationPath, closed: str) -> None:
    place = CloudPlace()
    place.objects = storage = Storage(place, closed)
    result = place.run(place.dispatch(path))
    assert result["outcome"] == "returned"
    assert place.generations.documents[path]["status"] == "processing"
    place.generations.unavailable, storage.closed = False, None
    world = InMemory(generations=place.generations, objects=storage, now=OVER)
    world.runpod.jobs[RUNPOD_JOB_ID] = RunPodJob(
        status=RunPodStatus.COMPLETED, output=json.loads(json.dumps(result))
    )

    rescue(path, world.outside)

    document = world.generations.documents[path]
    assert document["status"] == "completed"
    assert sorted(document["generation_data"]["object_paths"]) == sorted(storage.objects)
