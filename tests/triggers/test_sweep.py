"""What one sweep finds and finishes, and what it leaves to the next."""

import logging
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryCommands, InMemoryGenerations, InMemoryObjects
from contracts.errors import ErrorCode, FailedStage, Unavailable
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Applied, Creation, Mark, Refused, StoreUnavailable
from contracts.stored_object import StoredObject
from contracts.transitions import Transition
from tests.contracts import documents
from tests.contracts.documents import BEAT_AT, CREATED_AT, IMAGE_PATH, LEASE, VIDEO_PATH
from tests.triggers.outside_in_memory import PATIENCE, InMemory
from triggers.sweep import LOOKS_BACK, MARKED_TOGETHER, MOST_AT_ONCE, Tally, sweep

ASKED = {"request_data": {"prompt": "a red circle"}}
QUEUED = documents.QUEUED | ASKED
WAITING = documents.WAITING | ASKED
OVER = BEAT_AT + LEASE
OVERDUE = {"attempt": 1, "stage": "waiting", "lease_expires_at": BEAT_AT}
COMMAND = {"type": "cancel", "media_type": "images", "file_uid": "f1", "created_at": CREATED_AT}


@pytest.fixture
def world() -> InMemory:
    return InMemory(now=OVER)


def image(number: int) -> GenerationPath:
    return GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid=f"f{number:04}")


def create(world: InMemory, number: int, **fields: object) -> GenerationPath:
    """A document of its own moment, whose event nobody heard."""
    path = image(number)
    created_at = CREATED_AT + timedelta(microseconds=number)
    world.generations.put(path, QUEUED | {"file_uid": path.file_uid, "created_at": created_at, **fields})
    return path


def statuses(world: InMemory) -> dict[str, tuple[str, str | None]]:
    return {
        path.file_uid: (fields["status"], fields.get("runpod_job_id") and "at RunPod")
        for path, fields in world.generations.documents.items()
    }


@pytest.mark.parametrize("path", [IMAGE_PATH, VIDEO_PATH], ids=["image", "video"])
def test_a_creation_whose_event_was_lost_is_dispatched(world: InMemory, path: GenerationPath) -> None:
    world.generations.put(path, QUEUED)

    sweep(world.outside)

    assert world.generations.documents[path]["runpod_job_id"] == "job-1"


def test_a_sweep_that_was_held_up_does_not_take_the_mark_back(world: InMemory) -> None:
    further = Mark(created_at=OVER, document="generations/u1/images/later")

    class Meanwhile(InMemoryGenerations):
        def created(self, *arguments: Any, **named: Any) -> Sequence[Creation]:  # noqa: ANN401 - handed on
            found = super().created(*arguments, **named)
            world.sweeper.marks[MediaType.IMAGES] = further
            return found

    world.generations = Meanwhile()
    world.generations.put(IMAGE_PATH, QUEUED)

    sweep(world.outside)

    assert world.sweeper.marks[MediaType.IMAGES] == further


def test_a_sweep_that_dies_leaves_what_it_has_looked_at_behind_it(world: InMemory) -> None:
    """Or a backlog that takes long enough for every sweep to die in it is never worked off."""
    world.generations = OutOfReach({image(MARKED_TOGETHER).file_uid})
    paths = [create(world, number) for number in range(MARKED_TOGETHER + 1)]

    sweep(world.outside)

    assert world.sweeper.marks[MediaType.IMAGES].document == paths[MARKED_TOGETHER - 1].document


def test_an_event_has_the_first_go(world: InMemory) -> None:
    world.now = CREATED_AT + PATIENCE.event - timedelta(seconds=1)
    world.generations.put(IMAGE_PATH, QUEUED)

    sweep(world.outside)

    assert world.generations.documents[IMAGE_PATH] == QUEUED


def test_each_creation_is_looked_at_once_and_none_is_left_out(world: InMemory) -> None:
    """Also where many are of one moment, and where a sweep ends in the middle of them."""
    same = {"created_at": CREATED_AT}
    paths = [create(world, number, **same) for number in range(MOST_AT_ONCE + 50)]

    sweep(world.outside)
    after_one = len(world.runpod.submitted)
    sweep(world.outside)

    assert (after_one, len(world.runpod.submitted)) == (MOST_AT_ONCE, len(paths))
    assert all(world.generations.documents[path].get("runpod_job_id") for path in paths)
    assert world.sweeper.marks[MediaType.IMAGES] == Mark(created_at=CREATED_AT, document=paths[-1].document)


def test_the_first_sweep_of_all_looks_back_a_day(world: InMemory) -> None:
    oldest = world.now - PATIENCE.event - LOOKS_BACK
    inside = create(world, 1, created_at=oldest + timedelta(seconds=1))
    outside = create(world, 2, created_at=oldest - timedelta(seconds=1))

    sweep(world.outside)

    assert "runpod_job_id" in world.generations.documents[inside]
    assert "runpod_job_id" not in world.generations.documents[outside]


def test_leases_that_are_over_are_looked_after(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, WAITING)

    sweep(world.outside)

    assert world.generations.documents[IMAGE_PATH]["attempt"] == 3


def test_a_command_that_nobody_carried_out_is_carried_out(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, documents.PROCESSING | {"lease_expires_at": OVER + LEASE})
    world.commands.documents["u1", "c1"] = dict(COMMAND)

    sweep(world.outside)

    assert world.generations.documents[IMAGE_PATH]["status"] == "cancelled"
    assert world.commands.documents == {}


def test_a_command_has_its_event_first(world: InMemory) -> None:
    world.commands.documents["u1", "c1"] = COMMAND | {"created_at": OVER}

    sweep(world.outside)

    assert list(world.commands.documents) == [("u1", "c1")]


def test_ten_sweeps_at_once_do_what_one_does(world: InMemory) -> None:
    paths = [create(world, number) for number in range(20)]

    for _ in range(10):
        world.sweeper.marks.clear()  # as sweeps that all read the mark before any moved it
        sweep(world.outside)

    assert len(world.runpod.submitted) == len(paths)
    assert {world.generations.documents[path]["attempt"] for path in paths} == {1}


class OutOfReach(InMemoryGenerations):
    """Some documents cannot be written, and one makes whoever reads it stumble."""

    def __init__(self, unwritable: set[str], stumbling: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        super().__init__()
        self.unwritable = unwritable
        self.stumbling = stumbling

    def apply(
        self, path: GenerationPath, transition: Transition, *, after: Applied | None = None
    ) -> Applied | Refused:
        if path.file_uid in self.unwritable:
            raise StoreUnavailable(path.document)
        if path.file_uid in self.stumbling:
            self.stumbling.discard(path.file_uid)
            raise KeyError(path.document)
        return super().apply(path, transition, after=after)


def test_a_document_that_cannot_be_reached_is_looked_at_again_and_keeps_nobody_waiting(
    world: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    world.generations = OutOfReach({image(1).file_uid})
    for number in range(3):
        create(world, number)

    sweep(world.outside)

    assert statuses(world) == {
        "f0000": ("queued", "at RunPod"),
        "f0001": ("queued", None),
        "f0002": ("queued", "at RunPod"),
    }
    assert MediaType.IMAGES not in world.sweeper.marks
    assert "not_swept" in [record.message for record in caplog.records]

    world.generations.unwritable.clear()
    sweep(world.outside)

    assert statuses(world)["f0001"] == ("queued", "at RunPod")
    assert len(world.runpod.submitted) == 3


def test_a_document_that_breaks_its_dispatch_gets_a_lease_and_does_not_stop_the_others(
    world: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    world.generations = OutOfReach(set(), {image(1).file_uid})
    paths = [create(world, number) for number in range(3)]

    sweep(world.outside)

    assert world.generations.documents[paths[1]]["lease_expires_at"] == OVER + PATIENCE.look_again
    assert world.sweeper.marks[MediaType.IMAGES].document == paths[2].document
    (record,) = [record for record in caplog.records if record.message == "operator_needed"]
    assert (vars(record)["code"], vars(record)["cause"]) == ("sweep_failed", "KeyError")
    assert vars(record)["document"] == paths[1].document

    world.now = OVER + PATIENCE.look_again
    sweep(world.outside)

    assert world.generations.documents[paths[1]]["runpod_job_id"] == "job-3"


class Spoils(InMemoryObjects):
    """Some generations' objects are such that whoever looks for them stumbles."""

    def __init__(self, spoilt: set[GenerationPath]) -> None:
        super().__init__()
        self.spoilt = spoilt

    def find(self, path: GenerationPath) -> list[StoredObject]:
        if path in self.spoilt:
            raise KeyError(path.document)
        return super().find(path)


def test_overdue_documents_that_cannot_be_rescued_do_not_keep_the_others_from_their_turn(world: InMemory) -> None:
    """As many as one sweep looks at, and all before the one that only needs to be dispatched again."""
    spoilt = {create(world, number, **OVERDUE) for number in range(MOST_AT_ONCE)}
    healthy = create(world, MOST_AT_ONCE, **OVERDUE | {"lease_expires_at": OVER})
    world.objects = Spoils(spoilt)
    world.sweeper.marks = dict.fromkeys(MediaType, Mark(created_at=world.now))

    sweep(world.outside)
    assert "runpod_job_id" not in world.generations.documents[healthy]
    assert all(
        world.generations.documents[path]["lease_expires_at"] == OVER + PATIENCE.look_again for path in spoilt
    )
    sweep(world.outside)

    assert world.generations.documents[healthy]["runpod_job_id"] == "job-1"


def test_a_document_that_is_none_is_not_forgotten_while_runpod_is_left_alone(world: InMemory) -> None:
    """It is looked at once: unless it gets a lease then, nobody ever tells its user what is wrong with it."""
    world.sweeper.breaker_opened = ("runpod_unauthorized", OVER + PATIENCE.look_again)
    world.generations.put(IMAGE_PATH, QUEUED | {"request_data": "a picture, please"})

    sweep(world.outside)
    assert world.sweeper.marks[MediaType.IMAGES].document == IMAGE_PATH.document
    world.now = OVER + PATIENCE.look_again
    sweep(world.outside)

    assert world.generations.documents[IMAGE_PATH]["status"] == "failed"


def test_documents_that_are_not_ours_do_not_hold_up_the_rest(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, {"status": "queued", "created_at": CREATED_AT, "colour": "red"})

    sweep(world.outside)

    assert world.generations.documents[IMAGE_PATH]["status"] == "failed"  # it lies where ours lie
    assert world.sweeper.marks[MediaType.IMAGES].document == IMAGE_PATH.document


def test_a_runpod_that_is_down_for_half_an_hour_is_not_asked_without_end(world: InMemory) -> None:
    world.runpod.failure = Unavailable(ErrorCode.RUNPOD_UNREACHABLE, FailedStage.DISPATCHING, "Try again later.")
    for number in range(10):
        create(world, number)

    for _ in range(30):
        sweep(world.outside)
        world.now += timedelta(minutes=1)

    assert len(world.runpod.submitted) <= 10 * 5
    world.runpod.failure = None
    for _ in range(11):
        world.now += timedelta(minutes=1)
        sweep(world.outside)
    assert set(statuses(world).values()) == {("queued", "at RunPod")}


class Unanswered(InMemoryCommands):
    def waiting(self, *, until: datetime, limit: int) -> list[tuple[str, str]]:
        raise StoreUnavailable("no answer")


def test_a_query_that_fails_does_not_take_the_other_queries_with_it(world: InMemory) -> None:
    world.commands = Unanswered()
    create(world, 1)

    sweep(world.outside)

    assert len(world.runpod.submitted) == 1


def swept(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the lines `swept` say."""
    names = [field.name for field in fields(Tally)]
    found = [vars(record) for record in caplog.records if record.message == "swept"]
    return [{name: line[name] for name in names} for line in found]


def test_a_sweep_says_what_it_found_and_how_old_the_oldest_is(
    world: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    """Old by its creation: RunPod may have had it in its queue for hours, and its lease is a minute old."""
    caplog.set_level(logging.INFO, logger="triggers")
    world.generations = OutOfReach({image(1).file_uid})
    world.sweeper.marks = dict.fromkeys(MediaType, Mark(created_at=world.now - timedelta(hours=3)))
    for number, hours in ((1, 1), (2, 2)):
        create(world, number, created_at=world.now - timedelta(hours=hours), lease_expires_at=world.now)
    create(world, 3)
    world.commands.documents["u1", "c1"] = dict(COMMAND)

    sweep(world.outside)

    (line,) = swept(caplog)
    assert line == {"overdue": 2, "oldest_overdue_seconds": 7200, "creations": 3, "commands": 1, "left": 2}


def test_a_sweep_that_found_nothing_says_so(world: InMemory, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="triggers")

    sweep(world.outside)

    assert swept(caplog) == [vars(Tally())]


def test_a_sweep_that_could_not_look_at_everything_does_not_say_that_it_has(
    world: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="triggers")
    world.commands = Unanswered()

    sweep(world.outside)

    assert swept(caplog) == []


def test_an_age_that_a_document_does_not_say_is_no_age(world: InMemory, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="triggers")
    world.generations.put(IMAGE_PATH, {"status": "queued", "lease_expires_at": OVER})

    sweep(world.outside)

    assert swept(caplog) == [vars(Tally(overdue=1))]
