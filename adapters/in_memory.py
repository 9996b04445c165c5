"""Every port in memory: real adapters, held to the same suite as those that reach Google and RunPod."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from contracts.command import Command
from contracts.ending import Ending
from contracts.errors import GenerationFailed, ObjectExists, RequestInvalid
from contracts.generation import Generation, read_generation, same_moment
from contracts.paths import GenerationPath
from contracts.ports import Applied, Refused, StoreUnavailable
from contracts.stored_object import DOWNLOAD_TOKEN, File, StoredObject
from contracts.transitions import Reason, Snapshot, Transition


class InMemoryGenerations:
    """Documents in a dict. `before_write` lets a test slip in between the reading and the writing."""

    def __init__(self, before_write: Callable[[GenerationPath], None] = lambda _: None) -> None:
        self.documents: dict[GenerationPath, dict[str, Any]] = {}
        self.unavailable = False
        self._versions: dict[GenerationPath, int] = {}
        self._lock = threading.Lock()
        self._before_write = before_write

    def create(self, path: GenerationPath, fields: Mapping[str, Any]) -> None:
        """What a page does."""
        with self._lock:
            self._put(path, dict(fields))

    def read(self, path: GenerationPath) -> Snapshot | None:
        """See `GenerationStore.read`."""
        self._check_available()
        fields = self.documents.get(path)
        return None if fields is None else read_generation(fields)

    def apply(self, path: GenerationPath, transition: Transition) -> Applied | Refused:
        """See `GenerationStore.apply`."""
        while True:
            self._check_available()
            with self._lock:
                fields, version = self.documents.get(path), self._versions.get(path)
            if fields is None:
                return Refused(reason=Reason.GONE)
            change = transition(read_generation(fields))
            if isinstance(change, Reason):
                return Refused(reason=change)
            self._before_write(path)
            with self._lock:
                if self._versions.get(path) == version:
                    return Applied(fields=self._put(path, change.apply_to(fields)))

    def delete(self, path: GenerationPath, created_at: datetime | None) -> bool:
        """See `GenerationStore.delete`."""
        self._check_available()
        with self._lock:
            if path not in self.documents:
                return False
            generation = read_generation(self.documents[path])
            if created_at is not None and not (
                isinstance(generation, Generation) and same_moment(generation.created_at, created_at)
            ):
                return False
            del self.documents[path]
            self._versions[path] += 1
            return True

    def _put(self, path: GenerationPath, fields: dict[str, Any]) -> dict[str, Any]:
        self.documents[path] = fields
        self._versions[path] = self._versions.get(path, 0) + 1
        return fields

    def _check_available(self) -> None:
        if self.unavailable:
            raise StoreUnavailable("the test took the documents away")


class InMemoryCommands:
    """Commands in a dict."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], dict[str, Any]] = {}
        self.unavailable = False

    def read(self, user_id: str, command_id: str) -> Command | RequestInvalid | None:
        """See `CommandStore.read`."""
        self._check_available()
        fields = self.documents.get((user_id, command_id))
        if fields is None:
            return None
        try:
            return Command.from_fields(fields)
        except RequestInvalid as problem:
            return problem

    def remove(self, user_id: str, command_id: str) -> None:
        """See `CommandStore.remove`."""
        self._check_available()
        self.documents.pop((user_id, command_id), None)

    def _check_available(self) -> None:
        if self.unavailable:
            raise StoreUnavailable("the test took the commands away")


class InMemoryObjects:
    """Objects in a dict, with Cloud Storage's generations."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[StoredObject, bytes]] = {}
        self.unavailable = False
        self._generation = 0

    def find(self, path: GenerationPath) -> list[StoredObject]:
        """See `ObjectStore.find`."""
        self._check_available()
        return [stored for name, (stored, _) in sorted(self.objects.items()) if path.may_own(name)]

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        """See `ObjectStore.put`."""
        self._check_available()
        there = self.objects.get(file.name)
        if (there[0].generation if there else 0) != replacing:
            raise ObjectExists(file.name)
        self._generation += 1
        stored = StoredObject(
            name=file.name,
            generation=self._generation,
            metadata={**metadata, DOWNLOAD_TOKEN: f"token-{self._generation}"},
        )
        self.objects[file.name] = (stored, file.content)
        return stored

    def remove(self, stored: StoredObject) -> None:
        """See `ObjectStore.remove`."""
        self._check_available()
        there = self.objects.get(stored.name)
        if there is not None and there[0].generation == stored.generation:
            del self.objects[stored.name]

    def url(self, stored: StoredObject) -> str:
        """See `ObjectStore.url`."""
        return f"memory://{stored.name}?token={stored.metadata[DOWNLOAD_TOKEN]}"

    def _check_available(self) -> None:
        if self.unavailable:
            raise StoreUnavailable("the test took the bucket away")


class InMemoryRunPod:
    """An endpoint that takes every job, or answers with `failure`."""

    def __init__(self) -> None:
        self.submitted: list[Mapping[str, Any]] = []
        self.cancelled: list[str] = []
        self.failure: GenerationFailed | None = None

    def submit(self, body: Mapping[str, Any]) -> str:
        """See `RunPodQueue.submit`."""
        self.submitted.append(body)
        if self.failure is not None:
            raise self.failure
        return f"job-{len(self.submitted)}"

    def cancel(self, runpod_job_id: str) -> bool:
        """See `RunPodQueue.cancel`."""
        self.cancelled.append(runpod_job_id)
        return True


class InMemoryEndings:
    """A topic in a list."""

    def __init__(self) -> None:
        self.published: list[Ending] = []

    def publish(self, ending: Ending) -> None:
        """See `EndingPublisher.publish`."""
        self.published.append(ending)
