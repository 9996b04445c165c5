"""What every `GenerationStore` must find and create: in memory, on Firestore's API, on the real emulator."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.generation import Generation
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Creation, Mark, Overdue, StoreUnavailable
from contracts.status import Status
from tests.adapters.generation_store_suite import Documents
from tests.contracts.documents import BEAT_AT, CREATED_AT, DISPATCHED, FAILED, PROCESSING, QUEUED

IMAGES, VIDEOS = MediaType
MOMENT = timedelta(microseconds=1)
BEFORE_ALL = Mark(created_at=CREATED_AT - timedelta(days=365))
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
NOT_TIMES: list[Any] = ["2026-08-01T12:00:00Z", 5, None, True, [CREATED_AT], {"at": CREATED_AT}]


def at(user_id: str, file_uid: str = "f1", media_type: MediaType = IMAGES) -> GenerationPath:
    return GenerationPath(user_id=user_id, media_type=media_type, file_uid=file_uid)


def mark(path: GenerationPath, created_at: datetime = CREATED_AT) -> Mark:
    return Mark(created_at=created_at, document=path.document)


def overdue(*paths: GenerationPath, created_at: datetime | None = CREATED_AT) -> list[Overdue]:
    return [Overdue(path=path, created_at=created_at) for path in paths]


# As Firestore orders them: the paths id by id, and not as text.
IN_ORDER = [at("a", "f1"), at("a", "f10"), at("a", "f2"), at("a-b", "f1"), at("b", "-"), at("é", "f1")]


class GenerationQueriesSuite:
    @pytest.fixture
    def path(self) -> GenerationPath:
        return GenerationPath(user_id="u1", media_type=IMAGES, file_uid=f"f-{uuid.uuid4().hex}")

    def test_whose_lease_is_over_is_overdue_the_longest_first(self, documents: Documents) -> None:
        for seconds, path in ((-1, at("u2")), (-9, at("u1")), (0, at("u3")), (-5, at("u1", "f2"))):
            lease = {"lease_expires_at": BEAT_AT + timedelta(seconds=seconds)}
            documents.put(path, (PROCESSING if seconds == -9 else DISPATCHED) | lease)

        found = documents.store.overdue(IMAGES, now=BEAT_AT, limit=10)

        assert found == overdue(at("u1"), at("u1", "f2"), at("u2"), at("u3"))

    def test_who_still_has_time_or_needs_none_is_not_overdue(self, documents: Documents) -> None:
        documents.put(at("u1"), PROCESSING | {"lease_expires_at": BEAT_AT + MOMENT})
        documents.put(at("u2"), QUEUED)
        documents.put(at("u3"), FAILED)

        assert documents.store.overdue(IMAGES, now=BEAT_AT, limit=10) == []

    def test_each_media_type_is_asked_for_by_itself(self, documents: Documents) -> None:
        for media_type in MediaType:
            documents.put(at("u1", media_type=media_type), DISPATCHED)

        for media_type in MediaType:
            path = at("u1", media_type=media_type)
            since, until = BEFORE_ALL, FAR_AHEAD
            assert documents.store.overdue(media_type, now=FAR_AHEAD, limit=10) == overdue(path)
            assert documents.store.created(media_type, since=since, until=until, limit=10) == [
                Creation(path=path, mark=mark(path))
            ]

    def test_no_more_are_found_than_were_asked_for(self, documents: Documents) -> None:
        for number in range(4):
            moved = {"lease_expires_at": BEAT_AT + number * MOMENT, "created_at": CREATED_AT + number * MOMENT}
            documents.put(at(f"u{9 - number}"), DISPATCHED | moved)

        overdue_ones = documents.store.overdue(IMAGES, now=FAR_AHEAD, limit=2)
        created = documents.store.created(IMAGES, since=BEFORE_ALL, until=FAR_AHEAD, limit=2)

        assert [one.path for one in overdue_ones] == [at("u9"), at("u8")]
        assert [one.created_at for one in overdue_ones] == [CREATED_AT, CREATED_AT + MOMENT]
        assert [creation.path for creation in created] == [at("u9"), at("u8")]

    def test_of_those_that_waited_equally_long_the_path_decides(self, documents: Documents) -> None:
        for path in reversed(IN_ORDER):
            documents.put(path, DISPATCHED)

        assert documents.store.overdue(IMAGES, now=FAR_AHEAD, limit=3) == overdue(*IN_ORDER[:3])

    @pytest.mark.parametrize("no_time", NOT_TIMES, ids=str)
    def test_what_holds_no_time_is_not_found_by_it(self, documents: Documents, no_time: object) -> None:
        documents.put(at("u1"), DISPATCHED | {"lease_expires_at": no_time})
        documents.put(at("u2"), DISPATCHED | {"created_at": no_time})

        assert documents.store.overdue(IMAGES, now=FAR_AHEAD, limit=10) == overdue(at("u2"), created_at=None)
        created = documents.store.created(IMAGES, since=BEFORE_ALL, until=FAR_AHEAD, limit=10)
        assert [creation.path for creation in created] == [at("u1")]

    def test_what_is_no_generation_but_for_its_time_is_found_to_be_judged(self, documents: Documents) -> None:
        documents.put(at("u1"), {"created_at": CREATED_AT})
        documents.put(at("u2"), {"lease_expires_at": CREATED_AT})

        (creation,) = documents.store.created(IMAGES, since=BEFORE_ALL, until=FAR_AHEAD, limit=10)
        assert creation == Creation(path=at("u1"), mark=mark(at("u1")))
        assert documents.store.overdue(IMAGES, now=FAR_AHEAD, limit=10) == overdue(at("u2"), created_at=None)

    def test_creations_are_found_between_a_mark_and_a_moment_the_oldest_first(self, documents: Documents) -> None:
        times = [CREATED_AT + number * MOMENT for number in range(5)]
        for number, created_at in enumerate(times):
            documents.put(at(f"u{9 - number}"), QUEUED | {"created_at": created_at})

        found = documents.store.created(IMAGES, since=mark(at("u8"), times[1]), until=times[3], limit=10)

        assert found == [
            Creation(path=at("u7"), mark=mark(at("u7"), times[2])),
            Creation(path=at("u6"), mark=mark(at("u6"), times[3])),
        ]

    def test_a_mark_without_a_document_leaves_none_of_its_moment_out(self, documents: Documents) -> None:
        documents.put(at("u1"), QUEUED)
        documents.put(at("u2"), QUEUED | {"created_at": CREATED_AT - MOMENT})

        since = Mark(created_at=CREATED_AT)
        (creation,) = documents.store.created(IMAGES, since=since, until=CREATED_AT, limit=10)

        assert creation.path == at("u1")

    @pytest.mark.parametrize("limit", [1, 2, 10])
    def test_whoever_follows_the_marks_sees_each_of_one_moment_once(
        self, documents: Documents, limit: int
    ) -> None:
        for path in reversed(IN_ORDER):
            documents.put(path, QUEUED)
        seen: list[GenerationPath | None] = []
        since = Mark(created_at=CREATED_AT)

        while found := documents.store.created(IMAGES, since=since, until=CREATED_AT, limit=limit):
            seen += [creation.path for creation in found]
            since = found[-1].mark

        assert seen == IN_ORDER

    def test_a_mark_whose_document_is_gone_is_as_good(self, documents: Documents) -> None:
        for path in IN_ORDER:
            documents.put(path, QUEUED)
        documents.drop(IN_ORDER[2])

        found = documents.store.created(IMAGES, since=mark(IN_ORDER[2]), until=FAR_AHEAD, limit=10)

        assert [creation.path for creation in found] == IN_ORDER[3:]

    def test_a_document_is_created_as_a_page_does_it(self, documents: Documents, path: GenerationPath) -> None:
        documents.store.create(path, {"prompt": "a red circle"}, retry_of=at("u1", "f0"))

        fields = documents.fields(path) or {}
        found = documents.store.read(path)
        assert isinstance(found, Generation)
        assert fields == {
            "status": "queued",
            "created_at": found.created_at,
            "user_id": "u1",
            "file_uid": path.file_uid,
            "schema_version": 1,
            "request_data": {"prompt": "a red circle"},
            "retry_of": "generations/u1/images/f0",
        }
        assert (found.status, found.attempt, found.failures) == (Status.QUEUED, 0, 0)

    def test_what_was_created_is_found_among_the_creations(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.store.create(path, {"prompt": ""}, retry_of=at("u1", "f0"))

        (creation,) = documents.store.created(IMAGES, since=BEFORE_ALL, until=FAR_AHEAD, limit=10)
        assert creation.path == path

    def test_nothing_is_created_over_what_is_there(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, PROCESSING)

        with pytest.raises(StoreUnavailable):
            documents.store.create(path, {"prompt": ""}, retry_of=at("u1", "f0"))
        assert documents.fields(path) == PROCESSING

    def test_a_store_out_of_reach_finds_and_creates_nothing(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        with pytest.raises(StoreUnavailable):
            documents.unreachable.overdue(IMAGES, now=FAR_AHEAD, limit=10)
        with pytest.raises(StoreUnavailable):
            documents.unreachable.created(IMAGES, since=BEFORE_ALL, until=FAR_AHEAD, limit=10)
        with pytest.raises(StoreUnavailable):
            documents.unreachable.create(path, {"prompt": ""}, retry_of=path)
        assert documents.fields(path) is None
