"""From any state, with everybody else silent for ever: the real sweeper and the real collector, on real twins."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.in_memory import (
    InMemoryCommands,
    InMemoryEndings,
    InMemoryGenerations,
    InMemoryObjects,
    InMemoryOwners,
    InMemorySweeper,
)
from chaos.in_turn import InTurn
from chaos.model.actors import CATALOGUE, job_id
from chaos.model.calls import Thing
from chaos.model.documents import CREATED, NOW, PATH, Documents
from chaos.model.laws import ENDED, check_bucket, orphans
from chaos.model.replay import attempt_of, command, runpod_job, stored_object
from chaos.model.state import State
from chaos.violation import law
from contracts.runpod_job import RunPodJob
from contracts.stored_object import StoredObject
from triggers.collect import collect
from triggers.sweep import sweep
from triggers.wiring import Outside

SWEEPS = 16
BETWEEN = timedelta(hours=2)
MUCH_LATER = timedelta(days=3)


class _SilentRunPod:
    """What it has, it keeps as it is; what it gets, it takes and never begins."""

    def __init__(self, jobs: Mapping[str, RunPodJob]) -> None:
        self._jobs = dict(jobs)
        self._taken = 0

    def submit(self, body: Mapping[str, Any]) -> str:
        """See `RunPodQueue.submit`."""
        del body
        self._taken += 1
        return f"taken-{self._taken}"

    def look(self, runpod_job_id: str) -> RunPodJob | None:
        """See `RunPodQueue.look`."""
        return self._jobs.get(runpod_job_id)

    def cancel(self, runpod_job_id: str) -> bool:
        """See `RunPodQueue.cancel`."""
        return bool(runpod_job_id)


class _Bucket(InMemoryObjects):
    """With URLs as the model's documents have them."""

    def url(self, stored: StoredObject) -> str:
        """See `ObjectStore.url`."""
        return f"{stored.name}?{stored.generation}"

    def things(self) -> tuple[Thing, ...]:
        """What is there, as the model sees it."""
        return tuple(
            Thing(
                stored.name,
                stored.generation,
                CREATED.index(datetime.fromisoformat(stored.metadata["created_at"])),
                attempt_of(stored.metadata),
            )
            for stored, _ in self.objects.values()
        )


class Alone:
    """Leaves the sweeper alone in each situation once."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.seen: set[Any] = set()

    def check(self, state: State) -> None:
        """Raise `Violation` unless it ends, commands are carried out, and no object is left that nobody owns."""
        jobs = tuple((job.status, job.output) for job in state.jobs)
        situation = (state.doc, state.things, jobs, state.commands, state.ordered)
        if situation in self.seen:
            return
        self.seen.add(situation)
        _End(self._documents, state).check()


class _End:
    """One situation, as the sweeper finds it."""

    def __init__(self, documents: Documents, state: State) -> None:
        self._state = state
        self._now = NOW
        self._generations = InMemoryGenerations()
        if state.doc is not None:
            self._generations.put(PATH, dict(documents.fields(state.doc)))
        self._commands = InMemoryCommands()
        for command_id, _ in state.commands:
            self._commands.documents[PATH.user_id, command_id] = command(command_id).model_dump()
        self._objects = _Bucket(lambda: self._now)
        for thing in state.things:
            stored = stored_object(thing)
            self._objects.objects[thing.name] = (stored, b"p")
            self._objects.stored_at[thing.name] = self._now
        self._objects._generation = state.puts

    def check(self) -> None:
        outside = self._outside()
        for _ in range(SWEEPS):
            sweep(outside, InTurn)
            if self._has_ended() and not self._commands.documents:
                break
            self._now += BETWEEN
        law(self._has_ended(), f"the sweeper alone did not end it: {self._document()}")
        law(not self._commands.documents, "the sweeper alone did not carry out a command")
        self._now += MUCH_LATER
        collect(outside)
        things = self._objects.things()
        law(not orphans(self._document(), things), "an object is left whose job has gone, failed or was cancelled")
        check_bucket(self._document(), things, self._state.ordered)
        document = self._document()
        if document is not None:
            epoch = CREATED.index(document["created_at"])
            law(f"delete-{epoch}" not in self._state.ordered, "a document that was ordered away is still there")

    def _outside(self) -> Outside:
        jobs = {
            job_id(number): runpod_job(job.status, job.output)
            for number, job in enumerate(self._state.jobs)
            if job.status is not None
        }
        return Outside(
            generations=self._generations,
            commands=self._commands,
            objects=self._objects,
            runpod=_SilentRunPod(jobs),
            endings=InMemoryEndings(),
            sweeper=InMemorySweeper(),
            owners=InMemoryOwners(),
            catalogue=CATALOGUE,
            now=self._clock,
            draw_seed=lambda: 7,
            chance=lambda: 1.0,
            webhook_for=lambda _path, _generation: None,
        )

    def _clock(self) -> datetime:
        return self._now

    def _document(self) -> dict[str, Any] | None:
        return self._generations.documents.get(PATH)

    def _has_ended(self) -> bool:
        document = self._document()
        return document is None or document["status"] in ENDED
