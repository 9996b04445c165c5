"""What an actor's question does to the world, and every answer that it can get."""

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from typing import Any

from chaos.model.actors import Actor, job_id
from chaos.model.calls import DOWN, Ask, Call, Thing
from chaos.model.documents import Documents
from chaos.model.laws import check_change, check_delete, check_put
from chaos.model.state import Job, State
from contracts.errors import ErrorCode
from contracts.generation import is_job
from contracts.runpod_job import Outcome, RunPodStatus
from contracts.transitions import Change, Reason

Answered = Iterator[tuple[Hashable, State]]
IN_THE_STORES = {
    Ask.READ, Ask.APPLY, Ask.DELETE, Ask.FIND, Ask.PUT, Ask.REMOVE, Ask.READ_COMMAND, Ask.REMOVE_COMMAND,
}  # fmt: skip
CHANGING = {Ask.APPLY, Ask.DELETE, Ask.PUT, Ask.REMOVE}
"""Where it matters whether a call that failed was carried out."""
REFUSALS = (
    ErrorCode.RUNPOD_UNAUTHORIZED,
    ErrorCode.RUNPOD_BUSY,
    ErrorCode.RUNPOD_REFUSED,
    ErrorCode.RUNPOD_UNREACHABLE,
)
AT_WORK = {RunPodStatus.IN_QUEUE, RunPodStatus.IN_PROGRESS}


class World:
    """Answers each question as the outside world would, and holds every change to the laws."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._applied: dict[tuple[int, int], Hashable] = {}
        self._answers: dict[Ask, Callable[..., Answered]] = {
            Ask.READ: self._read,
            Ask.DELETE: self._delete,
            Ask.FIND: self._find,
            Ask.PUT: self._put,
            Ask.REMOVE: self._remove,
            Ask.SUBMIT: self._submit,
            Ask.LOOK: self._look,
            Ask.STOP: self._stop,
            Ask.BREAKER: self._breaker,
            Ask.OPEN_BREAKER: self._open_breaker,
            Ask.READ_COMMAND: self._read_command,
            Ask.REMOVE_COMMAND: self._remove_command,
            Ask.GENERATE: self._generate,
        }

    def answers(self, state: State, number: int, actor: Actor, call: Call) -> Answered:
        """Each answer with the state after it."""
        if call.ask is Ask.APPLY:
            usual = [self._apply(state, number, actor, call.about[0])]
        else:
            usual = list(self._answers[call.ask](state, actor, *call.about))
        yield from usual
        if call.ask in IN_THE_STORES and state.budget.outages:
            yield DOWN, state.spend("outages")
            if call.ask in CHANGING:
                after = usual[0][1]
                if after is not state:
                    yield DOWN, after.spend("outages")

    def _read(self, state: State, actor: Actor) -> Answered:
        del actor
        yield state.doc, state

    def _apply(self, state: State, number: int, actor: Actor, transition: Any) -> tuple[Hashable, State]:  # noqa: ANN401
        """The real guard, on the document as it is. What it says is remembered: it is asked often."""
        if state.doc is None:
            return Reason.GONE, state
        key = (number, state.doc)
        if key not in self._applied:
            self._applied[key] = self._decided(state, actor, transition)
        answer = self._applied[key]
        if isinstance(answer, Reason):
            return answer, state
        assert isinstance(answer, int)
        before, after = self._documents.fields(state.doc), self._documents.fields(answer)
        check_change(actor, before, after, state)
        return answer, state._replace(doc=answer)

    def _decided(self, state: State, actor: Actor, transition: Any) -> Hashable:  # noqa: ANN401
        assert state.doc is not None
        change = transition(self._documents.snapshot(state.doc))
        if isinstance(change, Reason):
            return change
        assert isinstance(change, Change), actor
        return self._documents.number(change.apply_to(self._documents.fields(state.doc)))

    def _delete(self, state: State, actor: Actor, created_at: datetime | None) -> Answered:
        if state.doc is None or not is_job(self._documents.snapshot(state.doc), created_at):
            yield False, state
            return
        check_delete(self._documents.fields(state.doc), actor)
        yield True, state._replace(doc=None)

    def _find(self, state: State, actor: Actor) -> Answered:
        del actor
        yield state.things, state

    def _put(self, state: State, actor: Actor, *about: Any) -> Answered:  # noqa: ANN401
        del actor
        name, replacing, epoch, attempt = about
        there = next((thing for thing in state.things if thing.name == name), None)
        if (there.version if there else 0) != replacing:
            yield None, state
            return
        if there:
            check_put(there, epoch)
        thing = Thing(name, state.puts + 1, epoch, attempt)
        others = [other for other in state.things if other.name != name]
        yield thing.version, state._replace(things=tuple(sorted([*others, thing])), puts=thing.version)

    def _remove(self, state: State, actor: Actor, name: str, version: int) -> Answered:
        del actor
        left = tuple(thing for thing in state.things if (thing.name, thing.version) != (name, version))
        yield None, state if left == state.things else state._replace(things=left)

    def _submit(self, state: State, actor: Actor, epoch: int, attempt: int) -> Answered:
        del actor
        taken = state._replace(jobs=(*state.jobs, Job(epoch, attempt, RunPodStatus.IN_QUEUE)))
        yield job_id(len(state.jobs)), taken
        if state.budget.refusals:
            for code in REFUSALS:
                yield code, state.spend("refusals")
            yield ErrorCode.RUNPOD_UNREACHABLE, taken.spend("refusals")

    def _look(self, state: State, actor: Actor, runpod_job_id: str) -> Answered:
        del actor
        job = state.jobs[number_of(runpod_job_id)]
        yield None if job.status is None else (job.status, job.output), state
        if state.budget.refusals:
            yield ErrorCode.RUNPOD_UNREACHABLE, state.spend("refusals")

    def _stop(self, state: State, actor: Actor, runpod_job_id: str) -> Answered:
        del actor
        number = number_of(runpod_job_id)
        if state.jobs[number].status in AT_WORK:
            yield True, with_job(state, number, status=RunPodStatus.CANCELLED)
        else:
            yield True, state

    def _breaker(self, state: State, actor: Actor) -> Answered:
        del actor
        yield False, state
        if state.breaker:
            yield True, state

    def _open_breaker(self, state: State, actor: Actor) -> Answered:
        del actor
        yield None, state._replace(breaker=True)

    def _read_command(self, state: State, actor: Actor, command_id: str) -> Answered:
        del actor
        yield any(there == command_id for there, _ in state.commands), state

    def _remove_command(self, state: State, actor: Actor, command_id: str) -> Answered:
        del actor
        left = tuple((there, begun) for there, begun in state.commands if there != command_id)
        yield None, state._replace(commands=left)

    def _generate(self, state: State, actor: Actor) -> Answered:
        yield Outcome.COMPLETED, state
        if state.jobs[actor.about[0]].status is RunPodStatus.CANCELLED:
            yield Outcome.STOPPED, state
        if state.budget.breaks:
            yield Outcome.FAILED, state.spend("breaks")
            yield Outcome.GIVEN_BACK, state.spend("breaks")


def with_job(state: State, number: int, **changes: object) -> State:
    """The state after something happened to one of RunPod's jobs."""
    jobs = list(state.jobs)
    jobs[number] = jobs[number]._replace(**changes)  # type: ignore[arg-type]
    return state._replace(jobs=tuple(jobs))


def number_of(runpod_job_id: str) -> int:
    """Its place among RunPod's jobs."""
    return int(runpod_job_id.rpartition("-")[2])
