"""What functions and worker need of the outside world. `adapters/` has each one for real and in memory.

Both kinds are held to the same suite (tests/adapters). Foreign errors never pass a port.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from contracts.command import Command
from contracts.ending import Ending
from contracts.errors import RequestInvalid
from contracts.generation import Generation
from contracts.paths import GenerationPath
from contracts.stored_object import File, StoredObject
from contracts.transitions import Reason, Snapshot, Transition

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The change was written, by this call."""

    fields: Mapping[str, Any]
    """The document after the change."""

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


class GenerationStore(Protocol):
    """The documents. Every call raises `StoreUnavailable` where Firestore does not do its part, after retries."""

    def read(self, path: GenerationPath) -> Snapshot | None:
        """The generation as it is now, or None where there is none."""

    def apply(self, path: GenerationPath, transition: Transition) -> Applied | Refused:
        """Compare and set: read, ask the transition, write if the document is still the one that was read.

        A document that changed in between is read again and asked again; only a false guard refuses. A commit
        whose answer was lost is resolved by reading. Called again after `Applied`, most transitions refuse.
        """

    def delete(self, path: GenerationPath, created_at: datetime | None) -> bool:
        """Remove the document if it is still the job created then (None: whatever it is). Whether it was."""


class CommandStore(Protocol):
    """The commands. Every call raises `StoreUnavailable` where Firestore does not do its part, after retries."""

    def read(self, user_id: str, command_id: str) -> Command | RequestInvalid | None:
        """The command, what is wrong with it, or None where there is none."""

    def remove(self, user_id: str, command_id: str) -> None:
        """Remove it. A second call does nothing."""


class ObjectStore(Protocol):
    """The bucket."""

    def find(self, path: GenerationPath) -> list[StoredObject]:
        """All objects whose name can be one of this generation's, whoever made them."""

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        """Store it over the version `replacing` (0: where there is none), and check that it arrived whole.

        Raises `ObjectExists` where another version is there, `StoreUnavailable` after retries.
        """

    def remove(self, stored: StoredObject) -> None:
        """Remove this very version. A second call does nothing."""

    def url(self, stored: StoredObject) -> str:
        """Where a browser gets it."""


class RunPodQueue(Protocol):
    """One RunPod serverless endpoint."""

    def submit(self, body: Mapping[str, Any]) -> str:
        """One `POST /run`, never repeated. The job's id. Raises `Unavailable` or `Broken`."""

    def cancel(self, runpod_job_id: str) -> bool:
        """Ask RunPod to end a job, as well as may be. Whether it answered that it will."""


class EndingPublisher(Protocol):
    """The topic `generation-events`."""

    def publish(self, ending: Ending) -> None:
        """Tell whoever listens. Never raises: a lost message must not undo an ending."""
