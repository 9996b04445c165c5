"""The second proof: the rules by which Hypothesis moves, and what must hold after each."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.catalogue_file import load_catalogue
from adapters.in_memory import InMemoryEndings, InMemoryOwners
from chaos.beats import BeatsInTurn
from chaos.in_turn import InTurn
from chaos.machine.runpod_by_hand import Order, RunPodByHand
from chaos.machine.turns import Goes, Turns
from chaos.painter import Painter
from chaos.simulation.endpoint import IN_WORK
from chaos.simulation.judge import ENDED, Judge
from chaos.stores import SeamedCommands, SeamedGenerations, SeamedObjects, SeamedSweeper
from contracts.command import CommandType
from contracts.errors import Broken, ErrorCode, FailedStage, Unavailable
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Mark, StoreUnavailable
from contracts.runpod_job import CloudJob, RunPodStatus, parse_job_input
from triggers.collect import collect
from triggers.commands import carry_out
from triggers.dispatch import dispatch
from triggers.rescue import follow_hint
from triggers.sweep import sweep
from triggers.wiring import Outside
from worker.generate import run_cloud_job
from worker.workplace import Cloud, Workplace

CATALOGUE = load_catalogue()
START = datetime(2026, 8, 1, tzinfo=UTC)
PATHS = [GenerationPath(user_id="u", media_type=MediaType.IMAGES, file_uid=f"f-{n}x") for n in range(2)]
MOST_ACTORS = 6
SWEEPS_AT_THE_END = 20
JUMPS = [timedelta(seconds=seconds) for seconds in (1, 20, 70, 400, 1000)] + [timedelta(hours=3)]
GOES = [*[Goes.WELL] * 12, *Goes]
REFUSALS = [
    ErrorCode.RUNPOD_UNAUTHORIZED,
    ErrorCode.RUNPOD_BUSY,
    ErrorCode.RUNPOD_REFUSED,
    ErrorCode.RUNPOD_UNAVAILABLE,
    ErrorCode.RUNPOD_UNREADABLE,
    ErrorCode.RUNPOD_UNREACHABLE,
]

paths = st.sampled_from(PATHS)
numbers = st.integers(0, 1_000)


class Protocol(RuleBasedStateMachine):
    """Two documents and everybody who may reach for them."""

    transitions = 0
    """Of all machines, so that somebody can say how many there were."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.turns = Turns()
        self.owners = InMemoryOwners()
        self.judge = Judge(self.owners.gone)
        self.generations = SeamedGenerations(self.turns, self.judge.watch, self._clock)
        self.commands = SeamedCommands(self.turns)
        self.objects = SeamedObjects(self.turns, self._clock)
        self.runpod = RunPodByHand(self.turns)
        self.breaking: Exception | None = None
        self._numbers = 0
        self.sweeper = SeamedSweeper(self.turns)
        for media_type in MediaType:  # it has run before: its first run of all looks back a day only
            self.sweeper.marks[media_type] = Mark(created_at=START)
        self.outside = Outside(
            generations=self.generations,
            commands=self.commands,
            objects=self.objects,
            runpod=self.runpod,
            endings=InMemoryEndings(),
            sweeper=self.sweeper,
            owners=self.owners,
            catalogue=CATALOGUE,
            now=self._clock,
            draw_seed=lambda: 7,
            chance=lambda: 1.0,
            webhook_for=lambda _path, _generation: None,
        )

    def _clock(self) -> datetime:
        return self.now

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers

    def _has_room(self) -> bool:
        return len(self.turns.actors) < MOST_ACTORS

    # The page.

    @initialize(images=st.integers(1, 2))
    def begins(self, images: int) -> None:
        """With one request."""
        self.create(PATHS[0], images)

    @rule(path=paths, images=st.integers(1, 2))
    def creates(self, path: GenerationPath, images: int) -> None:
        """Where none is, or none is any more."""
        self._count()
        if path not in self.generations.documents:
            self.create(path, images)

    def create(self, path: GenerationPath, images: int) -> None:
        """Write it, and have its event come once."""
        self.now += timedelta(microseconds=1)
        request = {"prompt": "p", "num_inference_steps": 1, "num_images": images}
        named = {"user_id": path.user_id, "file_uid": path.file_uid}
        self.generations.put(path, {"status": "queued", "created_at": self.now, **named, "request_data": request})

    @precondition(_has_room)
    @rule(path=paths, kind=st.sampled_from(CommandType), seldom=st.integers(0, 3))
    def orders(self, path: GenerationPath, kind: CommandType, seldom: int) -> None:
        """Changes his mind."""
        self._count()
        document = self.generations.documents.get(path)
        if document is None or seldom:
            return
        self.now += timedelta(microseconds=1)
        one = (path, document["created_at"])
        if self.judge.taken_back.get(one) != "delete":
            self.judge.taken_back[one] = kind.value
        command_id = f"c{self._next()}"
        self.commands.documents[path.user_id, command_id] = {
            "type": kind.value,
            "media_type": path.media_type.value,
            "file_uid": path.file_uid,
            "created_at": self.now,
        }
        self.turns.start("command", partial(carry_out, path.user_id, command_id, self.outside))

    # Functions that wake up.

    @precondition(lambda self: self._has_room() and bool(self.commands.documents))
    @rule(number=numbers)
    def hears_of_a_command_again(self, number: int) -> None:
        """Its event comes twice."""
        self._count()
        waiting = list(self.commands.documents)
        user_id, command_id = waiting[number % len(waiting)]
        self.turns.start("command", partial(carry_out, user_id, command_id, self.outside))

    @precondition(_has_room)
    @rule(path=paths)
    def hears_of_a_creation(self, path: GenerationPath) -> None:
        """For the first time, or again, or much too late."""
        self._count()
        self.turns.start("event", partial(dispatch, path, self.outside))

    @precondition(_has_room)
    @rule()
    def sweeps(self) -> None:
        """The minute is over; the last sweep may not be."""
        self._count()
        self.turns.start("sweeper", partial(sweep, self.outside, InTurn))

    @precondition(_has_room)
    @rule()
    def collects(self) -> None:
        """The day is over."""
        self._count()
        self.turns.start("collector", partial(collect, self.outside))

    @precondition(lambda self: self._has_room() and bool(self.runpod.orders))
    @rule(number=numbers)
    def hints(self, number: int) -> None:
        """RunPod says that it is over, true or not."""
        self._count()
        job = _cloud_job(self._order(number))
        self.turns.start("hint", partial(follow_hint, job.path, job.created_at, job.attempt, self.outside))

    # RunPod.

    @precondition(lambda self: self._has_room() and bool(self.runpod.orders))
    @rule(number=numbers)
    def delivers(self, number: int) -> None:
        """Once, or again."""
        self._count()
        order = self._order(number)
        if order.status is RunPodStatus.IN_QUEUE:
            order.status = RunPodStatus.IN_PROGRESS
        self.turns.start("worker", partial(self._work, order))

    @precondition(lambda self: bool(self.runpod.orders))
    @rule(number=numbers, status=st.sampled_from([RunPodStatus.FAILED, RunPodStatus.TIMED_OUT, None]))
    def gives_up(self, number: int, status: RunPodStatus | None) -> None:
        """A job is over, or forgotten."""
        self._count()
        order = self._order(number)
        if status is None or order.status in IN_WORK:
            order.status, order.output = status, None

    @rule(code=st.sampled_from(REFUSALS))
    def will_refuse(self, code: ErrorCode) -> None:
        """The next call of RunPod."""
        self._count()
        self.runpod.refusing = code

    @rule(gives_back=st.booleans())
    def will_break(self, gives_back: bool) -> None:
        """The next GPU that is asked for anything."""
        self._count()
        kind, code = (
            (Unavailable, ErrorCode.STORAGE_UNAVAILABLE) if gives_back else (Broken, ErrorCode.OUT_OF_MEMORY)
        )
        self.breaking = kind(code, FailedStage.GENERATING, "It could not be made.")

    def _work(self, order: Order) -> None:
        workplace = Workplace(
            engine=Painter(self._step),
            catalogue=CATALOGUE,
            now=self._clock,
            cloud=Cloud(generations=self.generations, objects=self.objects, endings=InMemoryEndings()),
            heartbeat=BeatsInTurn,
            new_claim=lambda: f"claim-{self._next()}",
            chance=lambda: 1.0,
        )
        status, output = RunPodStatus.FAILED, None
        try:
            output = run_cloud_job(_cloud_job(order), order.id, workplace, order.stop)
            status = RunPodStatus.COMPLETED
        except StoreUnavailable:
            pass
        if order.status in IN_WORK:
            order.status, order.output = status, output

    def _step(self, step: int) -> None:
        self.turns.before("step")
        breaking, self.breaking = self.breaking, None
        if step and breaking is not None:
            raise breaking

    # Fate.

    @precondition(lambda self: bool(self.turns.actors))
    @rule(number=numbers, goes=st.sampled_from(GOES))
    def moves(self, number: int, goes: Goes) -> None:
        """Somebody makes one call."""
        self._count()
        self.turns.move(self.turns.actors[number % len(self.turns.actors)], goes)

    @precondition(lambda self: bool(self.turns.actors))
    @rule(number=numbers, calls=st.integers(2, 12))
    def moves_on(self, number: int, calls: int) -> None:
        """Somebody makes several, and all go well."""
        actor = self.turns.actors[number % len(self.turns.actors)]
        while calls and actor.is_there:
            self._count()
            self.turns.move(actor, Goes.WELL)
            calls -= 1

    @precondition(lambda self: bool(self.turns.actors))
    @rule(number=numbers)
    def finishes(self, number: int) -> None:
        """Somebody comes to his end."""
        actor = self.turns.actors[number % len(self.turns.actors)]
        while actor.is_there:
            self._count()
            self.turns.move(actor, Goes.WELL)

    @rule(calls=st.integers(0, 30))
    def takes_its_course(self, calls: int) -> None:
        """What would happen next if all went well: an event, a delivery, a lease that is over."""
        self._count()
        waiting = [order for order in self.runpod.orders if order.status is RunPodStatus.IN_QUEUE]
        queued = [path for path, fields in self.generations.documents.items() if "attempt" not in fields]
        if waiting:
            waiting[0].status = RunPodStatus.IN_PROGRESS
            self.turns.start("worker", partial(self._work, waiting[0]))
        elif queued:
            self.turns.start("event", partial(dispatch, queued[0], self.outside))
        else:
            self.now += timedelta(seconds=1000)
            self.turns.start("sweeper", partial(sweep, self.outside, InTurn))
        started = self.turns.actors[-1:]
        while calls and started and started[0].is_there:
            self._count()
            self.turns.move(started[0], Goes.WELL)
            calls -= 1

    @rule(by=st.sampled_from(JUMPS))
    def gets_late(self, by: timedelta) -> None:
        """Time passes."""
        self._count()
        self.now += by

    # What holds.

    @invariant()
    def nothing_is_broken(self) -> None:
        """What the judge has seen, and the files of what is completed."""
        assert self.judge.violations == []
        for path, document in self.generations.documents.items():
            if document["status"] != "completed":
                continue
            if self.judge.taken_back.get((path, document["created_at"])) == "delete":
                continue
            there = {self.objects.url(stored) for stored, _ in self.objects.objects.values()}
            assert set(document["generation_data"]["image_urls"]) <= there, "a completed document's file is gone"

    def teardown(self) -> None:
        """Everybody dies where he stands; from here the sweeper alone, and the collector."""
        self.turns.end()
        self.runpod.refusing = None
        for _ in range(SWEEPS_AT_THE_END):
            self.now += timedelta(hours=2)
            sweep(self.outside, InTurn)
            if not self.commands.documents and all(
                document["status"] in ENDED for document in self.generations.documents.values()
            ):
                break
        self.now += timedelta(days=2)
        collect(self.outside)
        fates = self.judge.look(self.generations.documents, self.objects)
        wrong = ("lost", "ended twice", "stuck", "orphan objects", "files gone")
        assert not any(fates[what] for what in wrong), fates
        assert self.judge.violations == []

    def _order(self, number: int) -> Order:
        return self.runpod.orders[number % len(self.runpod.orders)]

    def _count(self) -> None:
        Protocol.transitions += 1


def _cloud_job(order: Order) -> CloudJob:
    job: Any = parse_job_input(order.input)
    assert isinstance(job, CloudJob)
    return job
