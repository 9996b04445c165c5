"""Everything that can happen next."""

from collections.abc import Iterator

from chaos.model.actors import ERROR, Actor, Cast
from chaos.model.answering import AT_WORK, World, with_job
from chaos.model.calls import Call, Done
from chaos.model.documents import Documents
from chaos.model.laws import ENDED
from chaos.model.state import Job, State
from contracts.runpod_job import RunPodStatus

Move = tuple[str, State]


class Moves:
    """Of a job with so many pictures."""

    def __init__(self, images: int) -> None:
        self.documents = Documents(images)
        self.cast = Cast(self.documents)
        self._images = images
        self._world = World(self.documents)

    def after(self, state: State) -> Iterator[Move]:
        """Each move with the state that it leads to."""
        yield from self._steps(state)
        yield from self._page(state)
        yield from self._functions(state)
        yield from self._runpod(state)

    def _steps(self, state: State) -> Iterator[Move]:
        """One actor has his question answered, or comes to his end, or dies."""
        for place, number in enumerate(state.actors):
            if place and state.actors[place - 1] == number:
                continue  # a twin of the last one: whatever he does, the other could
            standing = self.cast.standings[number]
            others = state.actors[:place] + state.actors[place + 1 :]
            if isinstance(standing.next, Done):
                yield from self._ends(state._replace(actors=others), standing.actor, standing.next)
                continue
            for answer, after in self._world.answers(state, number, standing.actor, standing.next):
                further = self.cast.number(standing.actor, (*standing.answers, answer))
                yield _told(standing.actor, standing.next, answer), self._joined(after, others, further)
            if state.budget.deaths:
                yield f"{standing.actor} dies", state.spend("deaths", actors=others)

    def _joined(self, state: State, others: tuple[int, ...], number: int) -> State:
        """A function that has come to its end is no longer there; a worker has still to tell RunPod."""
        standing = self.cast.standings[number]
        if isinstance(standing.next, Done) and standing.actor.kind != "worker":
            return state._replace(actors=others)
        return state._replace(actors=tuple(sorted((*others, number))))

    def _ends(self, state: State, actor: Actor, done: Done) -> Iterator[Move]:
        """A worker hands his result to RunPod, if he lives and RunPod still wants it."""
        number = actor.about[0]
        if state.jobs[number].status not in AT_WORK:
            yield f"{actor} tells nobody", state
            return
        if done.result == ERROR:
            yield f"{actor} breaks off", with_job(state, number, status=RunPodStatus.FAILED)
        else:
            yield (
                f"{actor} returns {done.result}",
                with_job(state, number, status=RunPodStatus.COMPLETED, output=done.result),
            )

    def _page(self, state: State) -> Iterator[Move]:
        if state.doc is None and state.budget.recreations:
            again = state.spend("recreations", doc=self.documents.created(1), epoch=1)
            yield "the page creates it again", again._replace(budget=again.budget._replace(events=1))
        for kind, left in (("cancel", state.budget.cancels), ("delete", state.budget.deletes)):
            command_id = f"{kind}-{state.epoch}"
            if left and state.doc is not None and command_id not in state.ordered:
                yield (
                    f"the page orders {command_id}",
                    state.spend(
                        f"{kind}s",
                        commands=tuple(sorted((*state.commands, (command_id, 0)))),
                        ordered=state.ordered | {command_id},
                    ),
                )

    def _functions(self, state: State) -> Iterator[Move]:
        doc = None if state.doc is None else self.documents.fields(state.doc)
        if state.budget.events and doc is not None:
            yield self._begins(state.spend("events"), Actor("event"))
        if doc is not None and "lease_expires_at" in doc:
            if state.budget.sweeps:
                yield self._begins(state.spend("sweeps"), Actor("rescue", (False,)))
            if state.budget.late:
                yield self._begins(state.spend("late"), Actor("rescue", (True,)))
        for command_id, begun in state.commands:
            if begun < state.budget.carriers:
                commands = tuple((there, n + (there == command_id)) for there, n in state.commands)
                yield self._begins(state._replace(commands=commands), Actor("command", (command_id, begun)))
        if state.budget.hints and doc is not None and doc["status"] not in ENDED:
            for job in {(job.epoch, job.attempt) for job in state.jobs if job.status not in AT_WORK}:
                yield self._begins(state.spend("hints"), Actor("hint", job))

    def _begins(self, state: State, actor: Actor) -> Move:
        number = self.cast.number(actor)
        return f"{actor} begins", state._replace(actors=tuple(sorted((*state.actors, number))))

    def _runpod(self, state: State) -> Iterator[Move]:
        for number, job in enumerate(state.jobs):
            if job.status is RunPodStatus.IN_QUEUE:
                yield self._delivered(state, number, job)
            elif job.deliveries and state.budget.duplicates:
                yield self._delivered(state.spend("duplicates"), number, job)
            if state.budget.losses and job.status is not None:
                lost = state.spend("losses")
                yield f"RunPod forgets {number}", with_job(lost, number, status=None, output=None)
                if job.status in AT_WORK:
                    yield f"RunPod fails {number}", with_job(lost, number, status=RunPodStatus.FAILED)

    def _delivered(self, state: State, number: int, job: Job) -> Move:
        worker = Actor("worker", (number, job.deliveries, job.epoch, job.attempt, self._images))
        status = RunPodStatus.IN_PROGRESS if job.status is RunPodStatus.IN_QUEUE else job.status
        return self._begins(with_job(state, number, status=status, deliveries=job.deliveries + 1), worker)


def _told(actor: Actor, call: Call, answer: object) -> str:
    about = "" if callable(call.about[0] if call.about else None) else f" {list(call.about) or ''}"
    return f"{actor}: {call.ask}{about}: {answer}"
