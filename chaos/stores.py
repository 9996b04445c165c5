"""The twins in memory, with a seam around each call, and with eyes on each change."""

import bisect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.in_memory import InMemoryCommands, InMemoryGenerations, InMemoryObjects, InMemorySweeper
from chaos.seam import Seam
from contracts.command import Command
from contracts.errors import RequestInvalid
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Applied, Creation, Mark, Overdue, Refused
from contracts.stored_object import File, StoredObject
from contracts.transitions import Snapshot, Transition

STEM = re.compile(r"(_[0-9])?[.][a-z0-9]+$")
"""What follows the stem of an object's name. No id of ours here ends like a number."""
Fields = Mapping[str, Any]
Watch = Callable[[GenerationPath, Fields | None, Fields | None], None]
"""Told of each change: which document, what it held before, and what it holds now."""


class SeamedGenerations(InMemoryGenerations):
    """Documents. Between the reading and the writing of one compare-and-set others can move too."""

    def __init__(self, seam: Seam, watch: Watch, now: Callable[[], datetime]) -> None:
        super().__init__(before_write=lambda _: seam.before("generations.write"), now=now)
        self._seam = seam
        self._watch = watch
        self._leases: dict[MediaType, dict[GenerationPath, datetime]] = {
            media_type: {} for media_type in MediaType
        }
        self._creations: dict[MediaType, list[tuple[Mark, GenerationPath]]] = {kind: [] for kind in MediaType}

    def read(self, path: GenerationPath) -> Snapshot | None:
        """See `GenerationStore.read`."""
        self._seam.before("generations.read")
        return super().read(path)

    def apply(
        self, path: GenerationPath, transition: Transition, *, after: Applied | None = None
    ) -> Applied | Refused:
        """See `GenerationStore.apply`."""
        self._seam.before("generations.apply")
        applied = super().apply(path, transition, after=after)
        self._seam.after("generations.apply")
        return applied

    def delete(self, path: GenerationPath, created_at: datetime | None) -> bool:
        """See `GenerationStore.delete`."""
        self._seam.before("generations.delete")
        before = self.documents.get(path)
        deleted = super().delete(path, created_at)
        if deleted:
            self._leases[path.media_type].pop(path, None)
            self._watch(path, before, None)
        self._seam.after("generations.delete")
        return deleted

    def overdue(self, media_type: MediaType, *, now: datetime, limit: int) -> Sequence[Overdue]:
        """See `GenerationStore.overdue`; by an index, as Firestore does."""
        self._seam.before("generations.overdue")
        leases = self._leases[media_type]
        paths = sorted((path for path, lease in leases.items() if lease <= now), key=leases.__getitem__)[:limit]
        return [self._overdue(path) for path in paths]

    def created(self, media_type: MediaType, *, since: Mark, until: datetime, limit: int) -> Sequence[Creation]:
        """See `GenerationStore.created`; by an index, as Firestore does."""
        self._seam.before("generations.created")
        creations = self._creations[media_type]
        found: list[Creation] = []
        for mark, path in creations[bisect.bisect_right(creations, since, key=lambda one: one[0]) :]:
            if mark.created_at > until or len(found) == limit:
                break
            if self.documents.get(path, {}).get("created_at") == mark.created_at:
                found.append(Creation(path=path, mark=mark))
        return found

    def _put(self, path: GenerationPath, fields: dict[str, Any]) -> dict[str, Any]:
        before = self.documents.get(path)
        if before is None and isinstance(fields.get("created_at"), datetime):
            mark = Mark(created_at=fields["created_at"], document=path.document)
            bisect.insort(self._creations[path.media_type], (mark, path), key=lambda one: one[0])
        if isinstance(lease := fields.get("lease_expires_at"), datetime):
            self._leases[path.media_type][path] = lease
        else:
            self._leases[path.media_type].pop(path, None)
        self._watch(path, before, fields)
        return super()._put(path, fields)


class SeamedCommands(InMemoryCommands):
    """Commands."""

    def __init__(self, seam: Seam) -> None:
        super().__init__()
        self._seam = seam

    def read(self, user_id: str, command_id: str) -> Command | RequestInvalid | None:
        """See `CommandStore.read`."""
        self._seam.before("commands.read")
        return super().read(user_id, command_id)

    def remove(self, user_id: str, command_id: str) -> None:
        """See `CommandStore.remove`."""
        self._seam.before("commands.remove")
        super().remove(user_id, command_id)


class SeamedObjects(InMemoryObjects):
    """Objects."""

    def __init__(self, seam: Seam, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self._seam = seam
        self._names: dict[str, set[str]] = {}

    def find(self, path: GenerationPath) -> list[StoredObject]:
        """See `ObjectStore.find`."""
        self._seam.before("objects.find")
        names = sorted(self._names.get(path.object_stem, ()))
        return [self.objects[name][0] for name in names if name in self.objects and path.may_own(name)]

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        """See `ObjectStore.put`."""
        self._seam.before("objects.put")
        stored = super().put(file, metadata, replacing=replacing)
        self._names.setdefault(STEM.sub("", file.name), set()).add(file.name)
        self._seam.after("objects.put")
        return stored

    def read(self, name: str, *, at_most: int) -> bytes | None:
        """See `ObjectStore.read`."""
        self._seam.before("objects.read")
        return super().read(name, at_most=at_most)

    def remove(self, stored: StoredObject) -> None:
        """See `ObjectStore.remove`."""
        self._seam.before("objects.remove")
        super().remove(stored)
        self._seam.after("objects.remove")

    def all(self, *, stored_before: datetime) -> Iterator[StoredObject]:
        """See `ObjectStore.all`; what is removed meanwhile is no trouble."""
        self._seam.before("objects.all")
        yield from list(super().all(stored_before=stored_before))


class SeamedSweeper(InMemorySweeper):
    """The marks and the breaker."""

    def __init__(self, seam: Seam) -> None:
        super().__init__()
        self._seam = seam

    def breaker(self) -> datetime | None:
        """See `SweeperStore.breaker`."""
        self._seam.before("sweeper.breaker")
        return super().breaker()

    def mark(self, media_type: MediaType) -> Mark | None:
        """See `SweeperStore.mark`."""
        self._seam.before("sweeper.mark")
        return super().mark(media_type)

    def move(self, media_type: MediaType, mark: Mark) -> None:
        """See `SweeperStore.move`."""
        self._seam.before("sweeper.move")
        super().move(media_type, mark)
