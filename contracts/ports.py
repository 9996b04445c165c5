"""What functions and worker need of the outside world. `adapters/` has each one for real and in memory.

Both kinds are held to the same suite (tests/adapters). Foreign errors never pass a port.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self

from contracts.command import Command
from contracts.dead_letter import DeadLetter
from contracts.ending import Ending
from contracts.errors import RequestInvalid
from contracts.generation import Generation
from contracts.paths import GenerationPath, MediaType
from contracts.runpod_job import RunPodJob
from contracts.stored_object import File, StoredObject
from contracts.transitions import Reason, Snapshot, Transition

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The change was written, by this call."""

    fields: Mapping[str, Any]
    """The document after the change."""
    version: object = field(compare=False, repr=False)
    """Which of its writings that was, in the store's own terms: what `apply` can go on from."""

    @property
    def generation(self) -> Generation:
        """The same, read. Raises `RequestInvalid` for a document that was malformed before it was failed."""
        return Generation.from_fields(self.fields)


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The transition's guard was false, and nothing was written."""

    reason: Reason


class StoreUnavailable(Exception):  # noqa: N818 - an outcome of a port
    """Firestore, Storage or Pub/Sub did not answer, after retries."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How far the creations of one media type were looked through. Marks are in Firestore's order."""

    created_at: datetime
    document: str = ""
    """The path of the last one: several can be of one moment. Empty before any."""

    def __lt__(self, other: Self) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[datetime, list[str]]:
        """Firestore compares paths id by id: `a/x` comes before `a-b/x`, and as text it would not."""
        return self.created_at, self.document.split("/")


@dataclass(frozen=True, kw_only=True)
class Creation:
    """A document, as a query of creations finds it."""

    path: GenerationPath | None
    """None where it lies somewhere that is not ours."""
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """A document whose lease is over, as a query finds it."""

    path: GenerationPath
    created_at: datetime | None
    """None where it does not say."""


class GenerationStore(Protocol):
    """The documents. Every call raises `StoreUnavailable` where Firestore does not do its part, after retries."""

    def read(self, path: GenerationPath) -> Snapshot | None:
        """The generation as it is now, or None where there is none."""

    def apply(
        self, path: GenerationPath, transition: Transition, *, after: Applied | None = None
    ) -> Applied | Refused:
        """Compare and set: read, ask the transition, write if the document is still the one that was read.

        A document that changed in between is read again and asked again; only a false guard refuses. A commit
        whose answer was lost is resolved by reading. Called again after `Applied`, most transitions refuse.

        `after` is what the caller last wrote to this document. It stands for the first reading, and is as safe:
        the write goes through only if the document is still that one. If it is not, or if the guard is false of
        it, the document is read, so that nothing is ever refused for what has been.
        """

    def delete(self, path: GenerationPath, created_at: datetime | None) -> bool:
        """Remove the document if it is still the job created then (None: if it is none). Whether it was."""

    def create(self, path: GenerationPath, request_data: Mapping[str, Any], retry_of: GenerationPath) -> None:
        """Write a queued document as a page does, and say which one it repeats. Never over one that is there."""

    def overdue(self, media_type: MediaType, *, now: datetime, limit: int) -> Sequence[Overdue]:
        """Those whose lease is over, the longest first."""

    def created(self, media_type: MediaType, *, since: Mark, until: datetime, limit: int) -> Sequence[Creation]:
        """Those created after the mark and no later than `until`, the oldest first."""


class CommandStore(Protocol):
    """The commands. Every call raises `StoreUnavailable` where Firestore does not do its part, after retries."""

    def read(self, user_id: str, command_id: str) -> Command | RequestInvalid | None:
        """The command, what is wrong with it, or None where there is none."""

    def remove(self, user_id: str, command_id: str) -> None:
        """Remove it. A second call does nothing."""

    def waiting(self, *, until: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """The user's and the command's ids of those that were created by then and are still there."""


class SweeperStore(Protocol):
    """What the sweeper keeps from run to run. Every call raises `StoreUnavailable` as the others do."""

    def mark(self, media_type: MediaType) -> Mark | None:
        """How far creations were looked through; None before the first run."""

    def move(self, media_type: MediaType, mark: Mark) -> None:
        """Look at what comes after it next time. Another run may have moved it further or less far."""

    def breaker(self) -> datetime | None:
        """Until when RunPod is left alone; None where it never was."""

    def open_breaker(self, code: str, *, now: datetime, until: datetime) -> bool:
        """Leave RunPod alone until then, and say why to whoever looks.

        Whether it was this call that did: a breaker that is open already stays as it is.
        """


class Owners(Protocol):
    """Who has an account."""

    def exists(self, user_id: str) -> bool:
        """Whether there is such a user. Raises `StoreUnavailable` where nobody can say."""


class ObjectStore(Protocol):
    """The bucket."""

    def find(self, path: GenerationPath) -> list[StoredObject]:
        """All objects whose name can be one of this generation's, whoever made them.

        Raises `RequestInvalid` for a path whose ids can name no object.
        """

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        """Store it over the version `replacing` (0: where there is none), and check that it arrived whole.

        Raises `ObjectExists` where another version is there, `StoreUnavailable` after retries.
        """

    def read(self, name: str, *, at_most: int) -> bytes | None:
        """The bytes of the object, of one version and whole, or None where there is none of this name.

        Raises `ObjectTooLarge` for more than `at_most` bytes, and takes no more than these into memory;
        `StoreUnavailable` after retries.
        """

    def remove(self, stored: StoredObject) -> None:
        """Remove this very version. A second call does nothing."""

    def url(self, stored: StoredObject) -> str:
        """Where a browser gets it."""

    def all(self, *, stored_before: datetime) -> Iterable[StoredObject]:
        """Every object of any generation that is at least that old, a page at a time."""


class RunPodQueue(Protocol):
    """One RunPod serverless endpoint."""

    def submit(self, body: Mapping[str, Any]) -> str:
        """One `POST /run`, never repeated. The job's id. Raises `Unavailable` or `Broken`."""

    def look(self, runpod_job_id: str) -> RunPodJob | None:
        """What RunPod says of a job; None where it knows none. Raises `Unavailable` or `Broken`."""

    def cancel(self, runpod_job_id: str) -> bool:
        """Ask RunPod to end a job, as well as may be. Whether it answered that it will."""


class EndingPublisher(Protocol):
    """The topics `generation-events` and `generation-dead-letters`."""

    def publish(self, ending: Ending) -> None:
        """Tell whoever listens. Never raises: a lost message must not undo an ending."""

    def publish_dead_letter(self, letter: DeadLetter) -> None:
        """Tell the operator what was given up. Never raises, as above."""
