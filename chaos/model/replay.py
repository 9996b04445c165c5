"""The ports, as a handler sees them that is run again with all the answers it has had so far."""

import functools
import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any

from adapters.in_memory import InMemoryCommands, InMemoryGenerations, InMemoryObjects, InMemorySweeper
from chaos.model.calls import DOWN, Ask, Call, Thing, Waiting
from chaos.model.documents import CREATED, ORDERED, PATH, Documents
from contracts.command import Command, CommandType
from contracts.errors import Broken, ErrorCode, FailedStage, GenerationFailed, ObjectExists, Unavailable
from contracts.paths import GenerationPath
from contracts.ports import Applied, Refused, StoreUnavailable
from contracts.returned_files import encode_files
from contracts.runpod_job import Outcome, RunPodJob, RunPodStatus, result
from contracts.stored_object import DOWNLOAD_TOKEN, File, StoredObject, describe
from contracts.transitions import Reason, Snapshot, Transition

FACTS = {
    "content_type": "image/png", "width": 8, "height": 8, "seed": 7, "model": "safelight-image", "revision": "1",
    "timings_seconds": {"queued": 0.0, "loading": 0.0, "generating": 0.0, "encoding": 0.0, "uploading": 0.0},
}  # fmt: skip

RETURNED = "files: "
"""A result that brings so many files."""


class Script:
    """The answers so far. Who asks for more than there are is stopped where he stands."""

    def __init__(self, answers: Iterable[Hashable], documents: Documents) -> None:
        self._answers = iter(answers)
        self.documents = documents

    def ask(self, ask: Ask, *about: object) -> Any:  # noqa: ANN401 - each question has its own kind of answer
        """The next answer."""
        for answer in self._answers:
            if answer == DOWN:
                raise StoreUnavailable(ask)
            return answer
        raise Waiting(Call(ask, about))


class ReplayedGenerations(InMemoryGenerations):
    """See `GenerationStore`; of one document."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script

    def read(self, path: GenerationPath) -> Snapshot | None:
        """See `GenerationStore.read`."""
        del path
        number = self._script.ask(Ask.READ)
        return None if number is None else self._script.documents.snapshot(number)

    def apply(
        self, path: GenerationPath, transition: Transition, *, after: Applied | None = None
    ) -> Applied | Refused:
        """See `GenerationStore.apply`: whatever it begins with, it decides by the document as it is now."""
        del path, after
        answer = self._script.ask(Ask.APPLY, transition)
        if isinstance(answer, Reason):
            return Refused(reason=answer)
        return Applied(fields=self._script.documents.fields(answer), version=answer)

    def delete(self, path: GenerationPath, created_at: datetime | None) -> bool:
        """See `GenerationStore.delete`."""
        del path
        return bool(self._script.ask(Ask.DELETE, created_at))


class ReplayedObjects(InMemoryObjects):
    """See `ObjectStore`."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script

    def find(self, path: GenerationPath) -> list[StoredObject]:
        """See `ObjectStore.find`."""
        del path
        return [stored_object(thing) for thing in self._script.ask(Ask.FIND)]

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        """See `ObjectStore.put`."""
        epoch = CREATED.index(datetime.fromisoformat(metadata["created_at"]))
        attempt = attempt_of(metadata)
        version = self._script.ask(Ask.PUT, file.name, replacing, epoch, attempt)
        if version is None:
            raise ObjectExists(file.name)
        return StoredObject(
            name=file.name, generation=version, metadata={**metadata, DOWNLOAD_TOKEN: f"{version}"}
        )

    def remove(self, stored: StoredObject) -> None:
        """See `ObjectStore.remove`."""
        self._script.ask(Ask.REMOVE, stored.name, stored.generation)

    def url(self, stored: StoredObject) -> str:
        """See `ObjectStore.url`: the version is its token."""
        return f"{stored.name}?{stored.generation}"


def stored_object(thing: Thing) -> StoredObject:
    """As the bucket lists it. Of a job with several files each names them all."""
    files = [File(name=name, content=b"", content_type="image/png", sha256="") for name in names_of(thing.name)]
    metadata = describe(PATH, created_at=CREATED[thing.epoch], attempt=thing.attempt, files=files, facts=FACTS)[0]
    return StoredObject(
        name=thing.name, generation=thing.version, metadata={**metadata, DOWNLOAD_TOKEN: f"{thing.version}"}
    )


def attempt_of(metadata: Mapping[str, str]) -> int:
    """Who made it; 0 where that is not said."""
    return int(metadata["attempt"]) if metadata["attempt"].isdigit() else 0


def names_of(name: str) -> list[str]:
    """All names of a set of which this is one: one has no number, and of several there are two here."""
    return PATH.object_names("png", 2 if "_" in name.rpartition("/")[2] else 1)


class ReplayedRunPod:
    """See `RunPodQueue`."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def submit(self, body: Mapping[str, Any]) -> str:
        """See `RunPodQueue.submit`."""
        created_at = datetime.fromisoformat(body["input"]["created_at"])
        answer = self._script.ask(Ask.SUBMIT, CREATED.index(created_at), body["input"]["attempt"])
        if isinstance(answer, ErrorCode):
            raise _failed(answer)
        return str(answer)

    def look(self, runpod_job_id: str) -> RunPodJob | None:
        """See `RunPodQueue.look`."""
        answer = self._script.ask(Ask.LOOK, runpod_job_id)
        if isinstance(answer, ErrorCode):
            raise _failed(answer)
        return None if answer is None else runpod_job(*answer)

    def cancel(self, runpod_job_id: str) -> bool:
        """See `RunPodQueue.cancel`."""
        return bool(self._script.ask(Ask.STOP, runpod_job_id))


def runpod_job(status: RunPodStatus, output: str | None) -> RunPodJob:
    """As `/status` says it."""
    if output is None:
        return RunPodJob(status=status)
    if output.startswith(RETURNED):
        return RunPodJob(status=status, output=_returned(int(output.removeprefix(RETURNED))))
    return RunPodJob(status=status, output={"outcome": output})


@functools.cache
def _returned(images: int) -> dict[str, Any]:
    files = [
        File(name=name, content=b"p", content_type="image/png", sha256=hashlib.sha256(b"p").hexdigest())
        for name in PATH.object_names("png", images)
    ]
    return result(Outcome.RETURNED, facts=FACTS, files=encode_files(files))


def _failed(code: ErrorCode) -> GenerationFailed:
    return Unavailable(code, FailedStage.DISPATCHING, "It was refused.")


class ReplayedCommands(InMemoryCommands):
    """See `CommandStore`. A command's id says what it is, and about which of the two documents."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script

    def read(self, user_id: str, command_id: str) -> Command | None:
        """See `CommandStore.read`."""
        del user_id
        return command(command_id) if self._script.ask(Ask.READ_COMMAND, command_id) else None

    def remove(self, user_id: str, command_id: str) -> None:
        """See `CommandStore.remove`."""
        del user_id
        self._script.ask(Ask.REMOVE_COMMAND, command_id)


def command(command_id: str) -> Command:
    """What the id says."""
    kind, _, epoch = command_id.partition("-")
    return Command(
        type=CommandType(kind), media_type=PATH.media_type, file_uid=PATH.file_uid, created_at=ORDERED[int(epoch)]
    )


class ReplayedSweeper(InMemorySweeper):
    """See `SweeperStore`; the breaker only."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script

    def breaker(self) -> datetime | None:
        """See `SweeperStore.breaker`."""
        return datetime.max.replace(tzinfo=CREATED[0].tzinfo) if self._script.ask(Ask.BREAKER) else None

    def open_breaker(self, code: str, *, now: datetime, until: datetime) -> bool:
        """See `SweeperStore.open_breaker`."""
        del code, now, until
        self._script.ask(Ask.OPEN_BREAKER)
        return True


class ReplayedEngine:
    """Asks what becomes of the GPU's turn."""

    def __init__(self, script: Script, stop: Callable[[], None]) -> None:
        self._script = script
        self._stop = stop

    def before(self, step: int) -> None:
        """Of the first step: the rest is waiting."""
        del step
        answer = self._script.ask(Ask.GENERATE)
        if answer == Outcome.STOPPED:
            self._stop()
        if answer == Outcome.FAILED:
            raise Broken(ErrorCode.OUT_OF_MEMORY, FailedStage.GENERATING, "Too big.")
        if answer == Outcome.GIVEN_BACK:
            raise Unavailable(ErrorCode.STORAGE_UNAVAILABLE, FailedStage.UPLOADING, "It could not be stored.")
