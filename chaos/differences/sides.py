"""One of two that must do the same: its stores, a way around them, and what is left in them."""

import base64
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.in_memory import InMemoryCommands, InMemoryGenerations, InMemoryObjects, InMemorySweeper
from contracts.paths import GenerationPath
from contracts.ports import Clock, CommandStore, GenerationStore, ObjectStore, SweeperStore
from contracts.stored_object import File, StoredObject

Fields = Mapping[str, Any]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Side(ABC):
    """Four stores."""

    generations: GenerationStore
    commands: CommandStore
    sweeper: SweeperStore
    objects: ObjectStore

    def __init__(self) -> None:
        self.stored: list[StoredObject] = []
        """Each version of an object, as it appeared."""
        self.latest = LONG_AGO
        """When the last document was created, or the last object stored, by the server's own clock."""

    @abstractmethod
    def put(self, path: GenerationPath, fields: Fields) -> None:
        """Write a document as a page does."""

    @abstractmethod
    def drop(self, path: GenerationPath) -> None:
        """Remove it, whatever it is."""

    @abstractmethod
    def put_command(self, user_id: str, command_id: str, fields: Fields) -> None:
        """Write a command as a page does."""

    @abstractmethod
    def created_at(self, path: GenerationPath) -> datetime:
        """When it was created."""

    @abstractmethod
    def stored_at(self, name: str) -> datetime:
        """When the object was stored."""

    @abstractmethod
    def left(self) -> Fields:
        """All that is in the stores."""

    def create(self, path: GenerationPath, request_data: Fields, retry_of: GenerationPath) -> None:
        """`GenerationStore.create`, and the time is noted."""
        self.generations.create(path, request_data, retry_of)
        self.latest = self.created_at(path)

    def store(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        """`ObjectStore.put`, and the version and the time are noted."""
        stored = self.objects.put(file, metadata, replacing=replacing)
        self.stored.append(stored)
        self.latest = self.stored_at(file.name)
        return stored


class InMemory(Side):
    """The twins."""

    def __init__(self, now: Clock) -> None:
        """`now` is what the other side's server said, so that both have the same times."""
        super().__init__()
        self.generations: InMemoryGenerations = InMemoryGenerations(now=now)
        self.commands: InMemoryCommands = InMemoryCommands()
        self.sweeper: InMemorySweeper = InMemorySweeper()
        self.objects: InMemoryObjects = InMemoryObjects(now=now)

    def put(self, path: GenerationPath, fields: Fields) -> None:
        """See `Side.put`."""
        self.generations.put(path, fields)

    def drop(self, path: GenerationPath) -> None:
        """See `Side.drop`."""
        self.generations.documents.pop(path, None)
        self.generations._versions[path] = self.generations._versions.get(path, 0) + 1

    def put_command(self, user_id: str, command_id: str, fields: Fields) -> None:
        """See `Side.put_command`."""
        self.commands.documents[user_id, command_id] = dict(fields)

    def created_at(self, path: GenerationPath) -> datetime:
        """See `Side.created_at`."""
        created_at: datetime = self.generations.documents[path]["created_at"]
        return created_at

    def stored_at(self, name: str) -> datetime:
        """See `Side.stored_at`."""
        return self.objects.stored_at[name]

    def left(self) -> Fields:
        """See `Side.left`."""
        opened = self.sweeper.breaker_opened
        return {
            "generations": {path.document: fields for path, fields in self.generations.documents.items()},
            "commands": {"/".join(ids): fields for ids, fields in self.commands.documents.items()},
            "sweeper": {
                **{
                    media_type.value: {"created_at": mark.created_at, "document": mark.document}
                    for media_type, mark in self.sweeper.marks.items()
                },
                **({"breaker": {"code": opened[0], "until": opened[1]}} if opened else {}),
            },
            "objects": {name: [stored, md5(content)] for name, (stored, content) in self.objects.objects.items()},
        }


def md5(content: bytes) -> str:
    """As Cloud Storage writes it."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
