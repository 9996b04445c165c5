"""Which models are loaded, and who has to go."""

import gc
import weakref
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from contracts.catalogue import Model
from tests.worker.shipped import SHIPPED
from worker.cannot_start import ModelInvalid
from worker.loading import LoadedModel
from worker.shelf import Shelf

ANY = SHIPPED[0]


def model(name: str, memory_gib: float = 10.0) -> Model:
    return ANY.model_copy(update={"id": name, "memory_gib": memory_gib})


A, B, C = model("a"), model("b"), model("c")


class Disk:
    """Loads anything but what is broken, and knows what is still held by somebody."""

    def __init__(self) -> None:
        self.loads: list[str] = []
        self.broken: set[str] = set()
        self.held: weakref.WeakSet[LoadedModel] = weakref.WeakSet()

    def load(self, wanted: Model) -> LoadedModel:
        self.loads.append(wanted.id)
        if wanted.id in self.broken:
            raise ModelInvalid(wanted.id)
        pipeline = SimpleNamespace()
        loaded = pipeline.knows = LoadedModel(wanted, pipeline)  # as a compiled block knows itself
        self.held.add(loaded)
        return loaded

    def still_held(self) -> set[str]:
        gc.collect()
        return {one.model.id for one in self.held}


@pytest.fixture
def disk() -> Disk:
    return Disk()


def test_what_fits_is_loaded_at_once_and_only_once(disk: Disk) -> None:
    shelf = Shelf([A, B, C], load=disk.load, memory_gib=20)

    assert disk.loads == ["a", "b"]
    assert shelf.take(A).model is A
    assert disk.loads == ["a", "b"]
    assert [shelf.has(one) for one in (A, B, C)] == [True, True, False]
    assert all(shelf.serves(one) for one in (A, B, C))
    assert not shelf.serves(model("d"))


def test_a_smaller_one_is_loaded_past_one_that_does_not_fit(disk: Disk) -> None:
    Shelf([A, B, model("small", 2)], load=disk.load, memory_gib=12)

    assert disk.loads == ["a", "small"]


def test_who_was_not_asked_for_longest_goes(disk: Disk) -> None:
    shelf = Shelf([A, B, C], load=disk.load, memory_gib=20)
    shelf.take(A)

    shelf.take(C)

    assert [one.id for one in shelf.loaded] == ["a", "c"]
    assert disk.still_held() == {"a", "c"}


def test_as_many_go_as_must(disk: Disk) -> None:
    big = model("big", 19)
    shelf = Shelf([A, B, big], load=disk.load, memory_gib=20)

    shelf.take(big)

    assert disk.still_held() == {"big"}


def test_room_is_made_before_the_new_one_is_loaded(disk: Disk) -> None:
    held_while_loading: list[set[str]] = []

    def load(wanted: Model) -> LoadedModel:
        held_while_loading.append(disk.still_held())
        return disk.load(wanted)

    shelf = Shelf([A, B], load=load, memory_gib=10)
    shelf.take(B)

    assert held_while_loading == [set(), set()]


@pytest.fixture
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_who_was_frozen_at_start_goes_all_the_same(disk: Disk) -> None:
    shelf = Shelf([A, C], load=disk.load, memory_gib=10)
    gc.freeze()

    shelf.take(C)

    assert disk.still_held() == {"c"}


def test_one_that_cannot_be_loaded_is_tried_again_when_it_is_asked_for_again(disk: Disk) -> None:
    shelf = Shelf([A, C], load=disk.load, memory_gib=10)
    disk.broken = {"c"}

    for _ in range(2):
        with pytest.raises(ModelInvalid):
            shelf.take(C)

    assert not shelf.has(C)
    disk.broken = set()
    assert shelf.take(C).model is C
