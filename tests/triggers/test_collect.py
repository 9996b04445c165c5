"""Objects that no document owns are removed, and no other."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryObjects
from contracts.ports import StoreUnavailable
from contracts.stored_object import File, StoredObject, describe
from tests.contracts.documents import (
    CANCELLED,
    COMPLETED_IMAGE,
    CREATED_AT,
    DISPATCHED,
    FAILED,
    IMAGE_PATH,
    PROCESSING,
    WAITING,
)
from tests.triggers.outside_in_memory import InMemory
from triggers.collect import OLD_ENOUGH, collect

FILE = File(name=IMAGE_PATH.object_names("png", 1)[0], content=b"x", content_type="image/png", sha256="0a")


@pytest.fixture
def world() -> InMemory:
    world = InMemory()
    world.objects = InMemoryObjects(now=lambda: world.now)
    (metadata,) = describe(IMAGE_PATH, created_at=CREATED_AT, attempt=1, files=[FILE], facts={})
    world.objects.put(FILE, metadata, replacing=0)
    world.now += OLD_ENOUGH
    return world


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(None, id="deleted"),
        pytest.param(FAILED, id="failed"),
        pytest.param(CANCELLED, id="cancelled"),
        pytest.param(COMPLETED_IMAGE | {"created_at": CREATED_AT + timedelta(seconds=1)}, id="created again"),
    ],
)
def test_what_nobody_owns_is_removed(world: InMemory, fields: dict[str, Any] | None) -> None:
    if fields is not None:
        world.generations.put(IMAGE_PATH, fields)

    assert collect(world.outside) == 1
    assert world.objects.objects == {}


@pytest.mark.parametrize("fields", [COMPLETED_IMAGE, PROCESSING, DISPATCHED, WAITING])
def test_what_somebody_owns_or_may_yet_adopt_stays(world: InMemory, fields: dict[str, Any]) -> None:
    world.generations.put(IMAGE_PATH, fields)

    assert collect(world.outside) == 0
    assert list(world.objects.objects) == [FILE.name]


def test_what_is_young_stays_in_any_case(world: InMemory) -> None:
    world.now -= timedelta(seconds=1)

    assert collect(world.outside) == 0


@pytest.mark.parametrize(
    "metadata",
    [{}, {"document": "somewhere/else"}, {"document": IMAGE_PATH.document}, {"document": "generations"}],
)
def test_what_does_not_say_whose_it_is_stays(world: InMemory, metadata: dict[str, str]) -> None:
    world.objects.objects.clear()
    world.now -= OLD_ENOUGH
    world.objects.put(FILE, metadata, replacing=0)
    world.now += OLD_ENOUGH

    assert collect(world.outside) == 0


class Stuck(InMemoryObjects):
    def remove(self, stored: StoredObject) -> None:
        if stored.name == FILE.name:
            raise StoreUnavailable(stored.name)
        super().remove(stored)


def test_one_that_cannot_be_removed_does_not_keep_the_others(world: InMemory) -> None:
    stuck = Stuck()
    stuck.objects, stuck.stored_at = world.objects.objects, world.objects.stored_at
    stuck._generation = 9
    other = File(name=FILE.name.replace("f1", "f2"), content=b"x", content_type="image/png", sha256="0a")
    created_at = CREATED_AT.isoformat()
    stuck.put(other, {"document": "generations/u1/images/f2", "created_at": created_at}, replacing=0)
    stuck.stored_at[other.name] = world.now - OLD_ENOUGH
    world.objects = stuck

    assert collect(world.outside) == 1
    assert list(stuck.objects) == [FILE.name]
