"""Every port in memory: real adapters, held to the same suite as those that reach Google and RunPod."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from contracts.command import Command
from contracts.dead_letter import DeadLetter
from contracts.ending import Ending
from contracts.errors import GenerationFailed, ObjectExists, ObjectTooLarge, RequestInvalid
from contracts.generation import SCHEMA_VERSION, is_job, read_generation
from contracts.paths import OBJECTS, GenerationPath, MediaType, is_user_id
from contracts.ports import Applied, Creation, Mark, Overdue, Refused, StoreUnavailable
from contracts.runpod_job import RunPodJob
from contracts.status import Status
from contracts.stored_object import DOWNLOAD_TOKEN, File, StoredObject
from contracts.transitions import Change, Reason, Snapshot, Transition


class InMemoryGenerations:
    """Documents in a dict. `before_write` lets a test slip in between the reading and the writing."""

    def __init__(
        self,
        before_write: Callable[[GenerationPath], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._now = now
        self.documents: dict[GenerationPath, dict[str, Any]] = {}
        self.unavailable = False
        self._versions: dict[GenerationPath, int] = {}
        self._lock = threading.Lock()
        self._before_write = before_write

    def put(self, path: GenerationPath, fields: Mapping[str, Any]) -> None:
        """What a page does."""
        with self._lock:
            self._put(path, dict(fields))

    def create(self, path: GenerationPath, request_data: Mapping[str, Any], retry_of: GenerationPath) -> None:
        """See `GenerationStore.create`."""
        self._check_available()
        with self._lock:
            if path in self.documents:
                msg = f"{path.document} is there already"
                raise StoreUnavailable(msg)
            fields = {
                "status": Status.QUEUED.value,
                "created_at": self._now(),
                "user_id": path.user_id,
                "file_uid": path.file_uid,
                "schema_version": SCHEMA_VERSION,
                "request_data": dict(request_data),
                "retry_of": retry_of.document,
            }
            self._put(path, fields)

    def overdue(self, media_type: MediaType, *, now: datetime, limit: int) -> Sequence[Overdue]:
        """See `GenerationStore.overdue`."""
        self._check_available()
        leases = {
            path: fields["lease_expires_at"]
            for path, fields in list(self.documents.items())
            if path.media_type is media_type and isinstance(fields.get("lease_expires_at"), datetime)
        }
        overdue = [path for path in leases if leases[path] <= now]
        found = sorted(overdue, key=lambda path: Mark(created_at=leases[path], document=path.document))[:limit]
        return [self._overdue(path) for path in found]

    def created(self, media_type: MediaType, *, since: Mark, until: datetime, limit: int) -> Sequence[Creation]:
        """See `GenerationStore.created`."""
        self._check_available()
        creations = [
            Creation(path=path, mark=Mark(created_at=fields["created_at"], document=path.document))
            for path, fields in list(self.documents.items())
            if path.media_type is media_type and isinstance(fields.get("created_at"), datetime)
        ]
        found = [creation for creation in creations if since < creation.mark and creation.mark.created_at <= until]
        return sorted(found, key=lambda creation: creation.mark)[:limit]

    def read(self, path: GenerationPath) -> Snapshot | None:
        """See `GenerationStore.read`."""
        self._check_available()
        fields = self.documents.get(path)
        return None if fields is None else read_generation(fields)

    def apply(
        self, path: GenerationPath, transition: Transition, *, after: Applied | None = None
    ) -> Applied | Refused:
        """See `GenerationStore.apply`. A version is a number."""
        self._check_available()
        if after is not None:
            change = transition(read_generation(after.fields))
            if isinstance(change, Change) and (applied := self._write(path, change, after.fields, after.version)):
                return applied
        while True:
            self._check_available()
            fields, version = self._found(path)
            if fields is None:
                return Refused(reason=Reason.GONE)
            change = transition(read_generation(fields))
            if isinstance(change, Reason):
                return Refused(reason=change)
            if applied := self._write(path, change, fields, version):
                return applied

    def delete(self, path: GenerationPath, created_at: datetime | None) -> bool:
        """See `GenerationStore.delete`."""
        self._check_available()
        with self._lock:
            if path not in self.documents:
                return False
            if not is_job(read_generation(self.documents[path]), created_at):
                return False
            del self.documents[path]
            self._versions[path] += 1
            return True

    def _found(self, path: GenerationPath) -> tuple[dict[str, Any] | None, int | None]:
        with self._lock:
            return self.documents.get(path), self._versions.get(path)

    def _write(
        self, path: GenerationPath, change: Change, fields: Mapping[str, Any], version: object
    ) -> Applied | None:
        self._before_write(path)
        with self._lock:
            if path in self.documents and self._versions.get(path) == version:
                written = self._put(path, change.apply_to(fields))
                return Applied(fields=written, version=self._versions[path])
        return None

    def _overdue(self, path: GenerationPath) -> Overdue:
        created_at = self.documents.get(path, {}).get("created_at")
        return Overdue(path=path, created_at=created_at if isinstance(created_at, datetime) else None)

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

    def waiting(self, *, until: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """See `CommandStore.waiting`."""
        self._check_available()
        created = {
            ids: fields["created_at"]
            for ids, fields in list(self.documents.items())
            if isinstance(fields.get("created_at"), datetime)
        }
        found = [ids for ids in created if created[ids] <= until]
        return sorted(found, key=lambda ids: (created[ids], ids))[:limit]

    def _check_available(self) -> None:
        if self.unavailable:
            raise StoreUnavailable("the test took the commands away")


class InMemoryObjects:
    """Objects in a dict, with Cloud Storage's generations."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self.stored_at: dict[str, datetime] = {}
        self.objects: dict[str, tuple[StoredObject, bytes]] = {}
        self.unavailable = False
        self._generation = 0

    def find(self, path: GenerationPath) -> list[StoredObject]:
        """See `ObjectStore.find`."""
        self._check_available()
        path.check()
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
        self.stored_at[file.name] = self._now()
        return stored

    def read(self, name: str, *, at_most: int) -> bytes | None:
        """See `ObjectStore.read`."""
        self._check_available()
        _, content = self.objects.get(name, (None, None))
        if content is not None and len(content) > at_most:
            raise ObjectTooLarge(name)
        return content

    def remove(self, stored: StoredObject) -> None:
        """See `ObjectStore.remove`."""
        self._check_available()
        there = self.objects.get(stored.name)
        if there is not None and there[0].generation == stored.generation:
            del self.objects[stored.name]

    def all(self, *, stored_before: datetime) -> Iterator[StoredObject]:
        """See `ObjectStore.all`."""
        self._check_available()
        for name, (stored, _) in sorted(self.objects.items()):
            if name.startswith(OBJECTS) and self.stored_at[name] <= stored_before:
                yield stored

    def url(self, stored: StoredObject) -> str:
        """See `ObjectStore.url`."""
        return f"memory://{stored.name}?token={stored.metadata[DOWNLOAD_TOKEN]}"

    def _check_available(self) -> None:
        if self.unavailable:
            raise StoreUnavailable("the test took the bucket away")


class InMemoryRunPod:
    """An endpoint that takes every job, or answers with `failure`; of `jobs` it tells what it is told to tell."""

    def __init__(self) -> None:
        self.jobs: dict[str, RunPodJob] = {}
        self.submitted: list[Mapping[str, Any]] = []
        self.cancelled: list[str] = []
        self.failure: GenerationFailed | None = None

    def submit(self, body: Mapping[str, Any]) -> str:
        """See `RunPodQueue.submit`."""
        self.submitted.append(body)
        if self.failure is not None:
            raise self.failure
        return f"job-{len(self.submitted)}"

    def look(self, runpod_job_id: str) -> RunPodJob | None:
        """See `RunPodQueue.look`."""
        if self.failure is not None:
            raise self.failure
        return self.jobs.get(runpod_job_id)

    def cancel(self, runpod_job_id: str) -> bool:
        """See `RunPodQueue.cancel`."""
        self.cancelled.append(runpod_job_id)
        return True


class InMemorySweeper:
    """What the sweeper keeps, in a dict."""

    def __init__(self) -> None:
        self.marks: dict[MediaType, Mark] = {}
        self.breaker_opened: tuple[str, datetime] | None = None
        self._lock = threading.Lock()
        self.unavailable = False

    def mark(self, media_type: MediaType) -> Mark | None:
        """See `SweeperStore.mark`."""
        self._check_available()
        return self.marks.get(media_type)

    def move(self, media_type: MediaType, mark: Mark) -> None:
        """See `SweeperStore.move`."""
        self._check_available()
        self.marks[media_type] = mark

    def breaker(self) -> datetime | None:
        """See `SweeperStore.breaker`."""
        self._check_available()
        return None if self.breaker_opened is None else self.breaker_opened[1]

    def open_breaker(self, code: str, *, now: datetime, until: datetime) -> bool:
        """See `SweeperStore.open_breaker`."""
        self._check_available()
        with self._lock:
            open_until = None if self.breaker_opened is None else self.breaker_opened[1]
            if open_until is not None and now < open_until:
                return False
            self.breaker_opened = (code, until)
            return True

    def _check_available(self) -> None:
        if self.unavailable:
            raise StoreUnavailable("the test took the sweeper's documents away")


class InMemoryOwners:
    """Everybody has an account but those who are `gone`."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.unavailable = False

    def exists(self, user_id: str) -> bool:
        """See `Owners.exists`."""
        if self.unavailable:
            raise StoreUnavailable("the test took the accounts away")
        return is_user_id(user_id) and user_id not in self.gone


class InMemoryEndings:
    """Two topics in lists."""

    def __init__(self) -> None:
        self.published: list[Ending] = []
        self.dead_letters: list[DeadLetter] = []

    def publish_dead_letter(self, letter: DeadLetter) -> None:
        """See `EndingPublisher.publish_dead_letter`."""
        self.dead_letters.append(letter)

    def publish(self, ending: Ending) -> None:
        """See `EndingPublisher.publish`."""
        self.published.append(ending)
