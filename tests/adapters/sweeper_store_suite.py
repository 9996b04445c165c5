"""What every `SweeperStore` must do: in memory, on Firestore's API, on the real emulator."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Protocol

import pytest

from contracts.paths import MediaType
from contracts.ports import Mark, StoreUnavailable, SweeperStore
from tests.contracts.documents import CREATED_AT, ENDED_AT, IMAGE_PATH

IMAGES, VIDEOS = MediaType
MANY = 8
LATER = ENDED_AT + timedelta(minutes=5)
BEFORE_THE_END = ENDED_AT - timedelta(microseconds=1)
MARK = Mark(created_at=CREATED_AT, document=IMAGE_PATH.document)


class Sweepers(Protocol):
    """A store, and one that cannot be reached."""

    @property
    def store(self) -> SweeperStore: ...
    @property
    def unreachable(self) -> SweeperStore: ...


class SweeperStoreSuite:
    def test_before_the_first_sweep_there_is_no_mark_and_runpod_is_not_left_alone(
        self, sweepers: Sweepers
    ) -> None:
        assert sweepers.store.mark(IMAGES) is None
        assert sweepers.store.breaker() is None

    @pytest.mark.parametrize("mark", [MARK, Mark(created_at=CREATED_AT)], ids=["a document", "a moment"])
    @pytest.mark.parametrize(("media_type", "other"), [(IMAGES, VIDEOS), (VIDEOS, IMAGES)])
    def test_a_mark_is_kept_to_the_microsecond_for_its_media_type_alone(
        self, sweepers: Sweepers, mark: Mark, media_type: MediaType, other: MediaType
    ) -> None:
        sweepers.store.move(media_type, mark)

        assert sweepers.store.mark(media_type) == mark
        assert sweepers.store.mark(other) is None
        assert sweepers.store.breaker() is None

    @pytest.mark.parametrize("microseconds", [1, -1], ids=["forwards", "backwards"])
    def test_a_mark_is_moved_wherever_the_last_sweep_wants_it(self, sweepers: Sweepers, microseconds: int) -> None:
        moved = Mark(
            created_at=CREATED_AT + timedelta(microseconds=microseconds), document="generations/a/images/b"
        )
        sweepers.store.move(IMAGES, MARK)

        sweepers.store.move(IMAGES, moved)
        sweepers.store.move(IMAGES, moved)

        assert sweepers.store.mark(IMAGES) == moved

    def test_runpod_is_left_alone_until_the_moment_that_was_said_first(self, sweepers: Sweepers) -> None:
        assert sweepers.store.open_breaker("runpod_no_credit", now=CREATED_AT, until=ENDED_AT)
        assert not sweepers.store.open_breaker("runpod_unauthorized", now=BEFORE_THE_END, until=LATER)

        assert sweepers.store.breaker() == ENDED_AT
        assert sweepers.store.mark(IMAGES) is None

    def test_when_that_moment_has_come_it_can_be_left_alone_again(self, sweepers: Sweepers) -> None:
        sweepers.store.open_breaker("runpod_no_credit", now=CREATED_AT, until=ENDED_AT)

        assert sweepers.store.open_breaker("runpod_unauthorized", now=ENDED_AT, until=LATER)

        assert sweepers.store.breaker() == LATER

    @pytest.mark.parametrize("before", [False, True], ids=["the first time", "again"])
    def test_of_many_at_once_one_opens_it(self, sweepers: Sweepers, *, before: bool) -> None:
        if before:
            sweepers.store.open_breaker("runpod_no_credit", now=CREATED_AT, until=CREATED_AT)
        together = threading.Barrier(MANY)

        def open_it(_: int) -> bool:
            together.wait()
            return sweepers.store.open_breaker("runpod_no_credit", now=CREATED_AT, until=ENDED_AT)

        with ThreadPoolExecutor(MANY) as threads:
            assert sum(threads.map(open_it, range(MANY))) == 1

    def test_a_store_out_of_reach_is_unavailable(self, sweepers: Sweepers) -> None:
        with pytest.raises(StoreUnavailable):
            sweepers.unreachable.mark(IMAGES)
        with pytest.raises(StoreUnavailable):
            sweepers.unreachable.move(IMAGES, MARK)
        with pytest.raises(StoreUnavailable):
            sweepers.unreachable.breaker()
        with pytest.raises(StoreUnavailable):
            sweepers.unreachable.open_breaker("runpod_no_credit", now=CREATED_AT, until=ENDED_AT)
