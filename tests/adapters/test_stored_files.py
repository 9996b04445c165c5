"""Storing files at fixed paths, beside others who may be storing there too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryObjects
from adapters.stored_files import adopt, discard, store
from contracts.errors import ClaimLost, RequestInvalid
from contracts.ports import StoreUnavailable
from contracts.runpod_job import CloudJob
from contracts.stored_object import describe
from tests.worker.cloud_places import CREATED_AT, IMAGE_PATH, SEED, a_file, job_input

JOB = CloudJob.model_validate(job_input(IMAGE_PATH, {"prompt": "x"}))
NAMES = ["generating/u1/image/f1_0.png", "generating/u1/image/f1_1.png"]
FILES = [a_file(name, name.encode()) for name in NAMES]
FACTS: dict[str, Any] = {
    "content_type": "image/png",
    "width": 1,
    "height": 1,
    "seed": SEED,
    "model": "m",
    "revision": "1",
    "timings_seconds": {"queued": 0.0, "loading": 0.0, "generating": 0.0, "encoding": 0.0, "uploading": 0.0},
}


class Contended(InMemoryObjects):
    """Somebody else comes first, each time until `happens` has no more to do."""

    def __init__(self) -> None:
        super().__init__()
        self.happens: list[Callable[[], object]] = []

    def put(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they are
        if self.happens:
            happen, self.happens = self.happens[0], self.happens[1:]
            happen()
        return super().put(*arguments, **named)

    def put_of_a_twin(self, count: int) -> None:
        """What another delivery of the same job stores, up to so many files."""
        metadata = describe(IMAGE_PATH, created_at=CREATED_AT, attempt=1, files=FILES, facts=FACTS)
        for file, described in list(zip(FILES, metadata, strict=True))[:count]:
            there = self.objects.get(file.name)
            InMemoryObjects.put(self, file, described, replacing=there[0].generation if there else 0)


def test_nothing_is_adopted_where_nothing_is() -> None:
    assert adopt(JOB, InMemoryObjects()) is None


def test_what_was_stored_is_adopted_as_it_was() -> None:
    objects = InMemoryObjects()

    stored = store(JOB, FILES, FACTS, objects)

    assert stored.object_paths == NAMES
    assert adopt(JOB, objects) == stored


def test_a_twin_that_stores_everything_meanwhile_is_adopted() -> None:
    objects = Contended()
    objects.happens = [lambda: objects.put_of_a_twin(2)]

    assert store(JOB, FILES, FACTS, objects).object_paths == NAMES

    assert {stored.generation for stored, _ in objects.objects.values()} == {1, 2}


def test_a_twin_that_stores_half_meanwhile_is_replaced_under_its_generation() -> None:
    objects = Contended()
    objects.happens = [lambda: objects.put_of_a_twin(1)]

    assert store(JOB, FILES, FACTS, objects).object_paths == NAMES

    assert adopt(JOB, objects) is not None


def later_attempt() -> CloudJob:
    return JOB.model_copy(update={"attempt": 2})


def test_half_a_set_that_is_finished_meanwhile_is_not_stored_over() -> None:
    """Who finds the first file of another attempt, and is then stopped for a while, must not come between."""
    objects = Contended()
    first, second = describe(IMAGE_PATH, created_at=CREATED_AT, attempt=1, files=FILES, facts=FACTS)
    InMemoryObjects.put(objects, FILES[0], first, replacing=0)
    objects.happens = [lambda: InMemoryObjects.put(objects, FILES[1], second, replacing=0)]

    stored = store(later_attempt(), FILES, FACTS, objects)

    assert {stored.metadata["attempt"] for stored, _ in objects.objects.values()} == {"1"}
    assert adopt(JOB, objects) == stored


def test_whose_last_file_is_taken_away_begins_again() -> None:
    """The other one has found half a set, and says so under the last name before it stores over the first."""
    objects = Contended()
    objects.happens = [lambda: None, lambda: store(later_attempt(), FILES, FACTS, objects)]

    stored = store(JOB, FILES, FACTS, objects)

    assert {stored.metadata["attempt"] for stored, _ in objects.objects.values()} == {"2"}
    assert adopt(JOB, objects) == stored


def test_a_set_that_cannot_be_read_is_stored_over_and_leaves_nothing() -> None:
    """A release that asks for more than the one that stored it makes the files again, under the same names."""
    objects = InMemoryObjects()
    less = {name: fact for name, fact in FACTS.items() if name != "revision"}
    metadata = describe(IMAGE_PATH, created_at=CREATED_AT, attempt=1, files=FILES, facts=less)
    for file, described in zip(FILES, metadata, strict=True):
        objects.put(file, described, replacing=0)

    assert adopt(JOB, objects) is None
    stored = store(later_attempt(), FILES, FACTS, objects)

    assert adopt(JOB, objects) == stored
    assert {stored.metadata["attempt"] for stored, _ in objects.objects.values()} == {"2"}


def test_a_set_is_not_complete_while_it_is_being_replaced() -> None:
    objects = Contended()
    objects.put_of_a_twin(1)
    seen: list[object] = []
    objects.happens = [lambda: seen.append(adopt(JOB, objects))] * 3

    store(later_attempt(), FILES, FACTS, objects)

    assert seen == [None] * 3
    assert adopt(JOB, objects) is not None


def test_twins_that_never_stop_are_given_up_on() -> None:
    objects = Contended()
    objects.happens = [lambda: objects.put_of_a_twin(1)] * 10

    with pytest.raises(StoreUnavailable, match="others kept storing"):
        store(JOB, FILES, FACTS, objects)

    assert len(objects.happens) == 10 - 1 - 2 - 2  # from the second time on the last name is taken first


def test_another_generations_file_is_left_as_it_is() -> None:
    objects = InMemoryObjects()
    objects.put(a_file(NAMES[1]), {"document": "generations/u1/images/f1_1"}, replacing=0)

    with pytest.raises(RequestInvalid, match="another generation"):
        store(JOB, FILES, FACTS, objects)

    assert set(objects.objects) == {NAMES[1]}


def test_a_job_that_was_created_later_keeps_its_files() -> None:
    """The id was deleted and used again while this worker went on as if nothing had happened."""
    objects = InMemoryObjects()
    later = JOB.model_copy(update={"created_at": CREATED_AT + timedelta(seconds=3)})
    store(later, FILES, FACTS, objects)
    before = dict(objects.objects)

    with pytest.raises(ClaimLost):
        store(JOB, FILES[:1], FACTS, objects)
    discard(JOB, objects)

    assert objects.objects == before


def test_a_job_that_was_created_earlier_is_replaced() -> None:
    objects = InMemoryObjects()
    later = JOB.model_copy(update={"created_at": CREATED_AT + timedelta(seconds=3)})
    store(JOB, FILES, FACTS, objects)

    store(later, FILES, FACTS, objects)

    assert adopt(later, objects) is not None
    assert adopt(JOB, objects) is None


def test_discarding_takes_half_a_set_too() -> None:
    objects = InMemoryObjects()
    store(JOB, FILES, FACTS, objects)
    del objects.objects[NAMES[0]]

    discard(JOB, objects)

    assert objects.objects == {}


def test_discarding_takes_what_the_job_stored_and_nothing_else() -> None:
    objects = InMemoryObjects()
    store(JOB, FILES, FACTS, objects)
    strangers = "generating/u1/image/f1.png"
    objects.put(a_file(strangers), {"document": "generations/u1/images/other"}, replacing=0)

    discard(JOB, objects)
    discard(JOB, objects)

    assert set(objects.objects) == {strangers}
