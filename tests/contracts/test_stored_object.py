import dataclasses
from datetime import timedelta, timezone
from typing import Any

import pytest

from contracts.errors import ErrorCode, RequestInvalid
from contracts.generation import read_generation
from contracts.generation_data import ImageData, VideoData
from contracts.paths import GenerationPath, MediaType
from contracts.stored_object import (
    File,
    StoredObject,
    are_wanted,
    as_generation_data,
    belongs_to,
    build_generation_data,
    check_names_free,
    complete_set,
    describe,
    made_at,
    of_later_jobs,
    of_this_job,
)
from tests.contracts.documents import (
    CANCELLED,
    COMPLETED_IMAGE,
    COMPLETED_VIDEO,
    CREATED_AT,
    DATA_BEFORE_THUMBNAILS,
    DISPATCHED,
    FAILED,
    IMAGE_DATA,
    IMAGE_PATH,
    PROCESSING,
    QUEUED,
    REJECTED,
    VIDEO_DATA,
    VIDEO_PATH,
    WAITING,
)

FACTS = {
    key: IMAGE_DATA[key]
    for key in ("width", "height", "seed", "model", "revision", "timings_seconds", "content_type")
}


def files(path: GenerationPath, count: int) -> list[File]:
    return [
        File(name=name, content=bytes(index + 1), content_type="image/png", sha256=f"0{index}")
        for index, name in enumerate(path.object_names("png", count))
    ]


def stored(path: GenerationPath = IMAGE_PATH, count: int = 3, **described: Any) -> list[StoredObject]:  # noqa: ANN401
    """The objects of one job, as the bucket lists them after they were uploaded."""
    made = files(path, count)
    facts: dict[str, Any] = {"created_at": CREATED_AT, "attempt": 1, "facts": FACTS} | described
    metadata = describe(path, files=made, **facts)
    return [
        StoredObject(name=file.name, generation=index + 1, metadata=of_file)
        for index, (file, of_file) in enumerate(zip(made, metadata, strict=True))
    ]


def with_metadata(one: StoredObject, **changed: str) -> StoredObject:
    return dataclasses.replace(one, metadata={**one.metadata, **changed})


def test_metadata_is_text_only() -> None:
    for one in stored():
        assert all(isinstance(value, str) for value in one.metadata.values())


def test_each_object_says_its_own_checksum() -> None:
    assert [one.metadata["sha256"] for one in stored()] == ["00", "01", "02"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_whole_set_of_this_job_is_found_in_its_order(count: int) -> None:
    mine = stored(count=count)

    assert complete_set(IMAGE_PATH, CREATED_AT, list(reversed(mine))) == mine


def test_nothing_is_no_set() -> None:
    assert complete_set(IMAGE_PATH, CREATED_AT, []) is None


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_set_that_lacks_one_is_not_whole(missing: int) -> None:
    mine = stored()
    del mine[missing]

    assert complete_set(IMAGE_PATH, CREATED_AT, mine) is None


def test_objects_of_two_attempts_do_not_make_a_set() -> None:
    first, second = stored(attempt=1), stored(attempt=2)

    assert complete_set(IMAGE_PATH, CREATED_AT, [first[0], *second[1:]]) is None


def test_the_set_of_one_attempt_is_found_beside_what_is_left_of_another() -> None:
    single, several = stored(count=1, attempt=1), stored(count=3, attempt=2)

    assert complete_set(IMAGE_PATH, CREATED_AT, [*several[:2], *single]) == single


def test_objects_of_a_job_that_had_the_same_id_before_are_not_adopted() -> None:
    earlier = stored(created_at=CREATED_AT - timedelta(microseconds=1))

    assert complete_set(IMAGE_PATH, CREATED_AT, earlier) is None


def test_objects_of_another_generation_are_not_adopted() -> None:
    assert complete_set(IMAGE_PATH, CREATED_AT, stored(VIDEO_PATH)) is None


@pytest.mark.parametrize("created_at", ["", "yesterday", "2026-08-01T12:00:00"])
def test_objects_that_do_not_say_when_their_job_was_created_are_not_adopted(created_at: str) -> None:
    mine = [with_metadata(one, created_at=created_at) for one in stored()]

    assert complete_set(IMAGE_PATH, CREATED_AT, mine) is None


def test_objects_without_metadata_belong_to_nobody() -> None:
    bare = [StoredObject(name=one.name, generation=1, metadata={}) for one in stored()]

    assert complete_set(IMAGE_PATH, CREATED_AT, bare) is None
    assert not any(belongs_to(IMAGE_PATH, one) for one in bare)


UNREADABLE = [
    pytest.param({"generation_data": "{}"}, id="lacks what this release asks for"),
    pytest.param({"generation_data": "{"}, id="no JSON"),
    pytest.param({"generation_data": "[]"}, id="no object"),
    pytest.param({"objects": "{"}, id="names that are no JSON"),
    pytest.param({"objects": "5"}, id="names that are none"),
    pytest.param({"objects": "[]"}, id="no names"),
    pytest.param({"objects": "[[]]"}, id="names of another kind"),
]


@pytest.mark.parametrize("changed", UNREADABLE)
def test_objects_that_nobody_can_complete_a_document_with_are_no_set(changed: dict[str, str]) -> None:
    mine = [with_metadata(one, **changed) for one in stored(count=1)]

    assert complete_set(IMAGE_PATH, CREATED_AT, mine) is None


@pytest.mark.parametrize("key", ["objects", "generation_data", "attempt"])
def test_objects_that_do_not_say_all_of_themselves_are_no_set(key: str) -> None:
    mine = stored()
    lacking = [
        dataclasses.replace(one, metadata={name: said for name, said in one.metadata.items() if name != key})
        for one in mine
    ]

    assert complete_set(IMAGE_PATH, CREATED_AT, lacking) is None
    assert complete_set(IMAGE_PATH, CREATED_AT, [lacking[0], *mine[1:]]) is None


def test_objects_of_an_earlier_job_of_this_id_are_this_generations_to_replace() -> None:
    earlier = stored(created_at=CREATED_AT - timedelta(days=1))

    assert all(belongs_to(IMAGE_PATH, one) for one in earlier)
    check_names_free(IMAGE_PATH, [one.name for one in earlier], earlier)


def test_a_name_that_another_generation_has_taken_is_refused() -> None:
    other = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1_0")
    taken = stored(other, count=1)

    with pytest.raises(RequestInvalid, match=r"^another generation already has a file of this name") as refused:
        check_names_free(IMAGE_PATH, IMAGE_PATH.object_names("png", 2), taken)

    assert refused.value.field == "file_uid"
    assert refused.value.failure.code is ErrorCode.OBJECT_TAKEN


def test_a_file_of_another_generation_is_no_matter_where_its_name_is_not_needed() -> None:
    other = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1_0")

    check_names_free(IMAGE_PATH, IMAGE_PATH.object_names("png", 1), stored(other, count=1))


def test_what_the_page_gets_is_rebuilt_from_the_metadata_of_an_image() -> None:
    metadata = stored(count=1)[0].metadata

    data = build_generation_data(MediaType.IMAGES, metadata, ["http://storage/f1.png?token=1"])

    assert isinstance(data, ImageData)
    assert data.model_dump(exclude_none=True) == IMAGE_DATA | {"sha256": ["00"], "bytes": [1]}


OF_PAGE = {"object_paths", "video_url", "poster_url", "thumbnail_url", "sha256", "bytes"}
VIDEO_FACTS = {key: value for key, value in VIDEO_DATA.items() if key not in OF_PAGE}


def stored_video(described: dict[str, Any]) -> list[StoredObject]:
    """What a worker stores that completes a document with this."""
    made = [
        File(name=name, content=b"x", content_type="", sha256=digest)
        for name, digest in zip(described["object_paths"], described["sha256"], strict=True)
    ]
    metadata = describe(VIDEO_PATH, created_at=CREATED_AT, attempt=1, files=made, facts=VIDEO_FACTS)
    return [
        StoredObject(name=file.name, generation=1, metadata=said)
        for file, said in zip(made, metadata, strict=True)
    ]


def test_what_the_page_gets_is_rebuilt_from_the_metadata_of_a_video() -> None:
    urls = [VIDEO_DATA[name] for name in ("video_url", "poster_url", "thumbnail_url")]

    data = build_generation_data(MediaType.VIDEOS, stored_video(VIDEO_DATA)[0].metadata, urls)

    assert isinstance(data, VideoData)
    assert data.model_dump(exclude_none=True) == VIDEO_DATA | {"bytes": [1, 1, 1]}


def test_a_video_that_was_stored_before_there_were_thumbnails_is_a_whole_set() -> None:
    whole = stored_video(DATA_BEFORE_THUMBNAILS)

    assert complete_set(VIDEO_PATH, CREATED_AT, whole) == whole


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_video_whose_set_lacks_one_of_three_is_not_whole(missing: int) -> None:
    whole = stored_video(VIDEO_DATA)

    assert complete_set(VIDEO_PATH, CREATED_AT, whole) == whole
    assert complete_set(VIDEO_PATH, CREATED_AT, whole[:missing] + whole[missing + 1 :]) is None


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_video_is_never_another_number_of_files(count: int) -> None:
    names = [f"generating/u1/video/f1_{number}.mp4" for number in range(count)]

    with pytest.raises(ValueError, match=r"^a video has three files"):
        as_generation_data(MediaType.VIDEOS, VIDEO_FACTS, names, names)


@pytest.mark.parametrize("media_type", MediaType)
@pytest.mark.parametrize("missing", ["width", "seed", "model", "sha256", "timings_seconds"])
def test_facts_that_lack_one_are_none(media_type: MediaType, missing: str) -> None:
    facts = {key: value for key, value in {**IMAGE_DATA, **VIDEO_FACTS}.items() if key != missing}

    with pytest.raises(ValueError, match=missing):
        as_generation_data(media_type, facts, ["a", "b"], ["a", "b"])


ONE = stored(count=1)[0]


def test_an_object_says_when_its_job_was_created() -> None:
    assert made_at(IMAGE_PATH, ONE) == CREATED_AT


def test_the_zone_of_that_time_is_no_matter() -> None:
    elsewhere = CREATED_AT.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert made_at(IMAGE_PATH, with_metadata(ONE, created_at=elsewhere.isoformat())) == CREATED_AT


@pytest.mark.parametrize(
    "created_at", ["", "yesterday", "2026-08-01T12:00:00", "2026-13-01T12:00:00+00:00", "1785675600", "\n", "é"]
)
def test_a_time_that_cannot_be_read_is_none(created_at: str) -> None:
    assert made_at(IMAGE_PATH, with_metadata(ONE, created_at=created_at)) is None


@pytest.mark.parametrize(
    "other",
    [
        VIDEO_PATH,
        dataclasses.replace(IMAGE_PATH, user_id="u2"),
        dataclasses.replace(IMAGE_PATH, file_uid="f1_0"),
        dataclasses.replace(IMAGE_PATH, file_uid="f"),
    ],
)
def test_an_object_says_nothing_of_another_generation(other: GenerationPath) -> None:
    assert made_at(other, ONE) is None


def test_an_object_without_metadata_says_nothing() -> None:
    document = {"document": IMAGE_PATH.document}

    assert made_at(IMAGE_PATH, dataclasses.replace(ONE, metadata={})) is None
    assert made_at(IMAGE_PATH, dataclasses.replace(ONE, metadata=document)) is None


def test_objects_are_told_apart_by_the_moment_their_job_was_created() -> None:
    moment = timedelta(microseconds=1)
    earlier, this, later = (
        stored(count=1, created_at=created_at)[0]
        for created_at in (CREATED_AT - moment, CREATED_AT, CREATED_AT + moment)
    )
    found = [later, with_metadata(this, created_at="yesterday"), this, earlier]

    assert of_this_job(IMAGE_PATH, CREATED_AT, found) == [this]
    assert of_later_jobs(IMAGE_PATH, CREATED_AT, found) == [later]


@pytest.mark.parametrize(
    "fields",
    [QUEUED, DISPATCHED, PROCESSING, WAITING, COMPLETED_IMAGE, COMPLETED_VIDEO],
    ids=["queued", "dispatched", "processing", "waiting", "image", "video"],
)
def test_files_of_a_job_that_is_open_or_completed_are_wanted(fields: dict[str, Any]) -> None:
    assert are_wanted(read_generation(fields), CREATED_AT)


@pytest.mark.parametrize("fields", [FAILED, REJECTED, CANCELLED], ids=["failed", "rejected", "cancelled"])
def test_files_of_a_job_that_came_to_nothing_are_not_wanted(fields: dict[str, Any]) -> None:
    assert not are_wanted(read_generation(fields), CREATED_AT)


@pytest.mark.parametrize("microseconds", [-1, 1])
@pytest.mark.parametrize("fields", [QUEUED, PROCESSING, COMPLETED_IMAGE], ids=["queued", "processing", "image"])
def test_files_of_another_job_under_the_same_id_are_not_wanted(fields: dict[str, Any], microseconds: int) -> None:
    assert not are_wanted(read_generation(fields), CREATED_AT + timedelta(microseconds=microseconds))


def test_files_of_a_document_that_is_gone_are_not_wanted() -> None:
    assert not are_wanted(None, CREATED_AT)


@pytest.mark.parametrize("status", ["queued", "processing", "failed", "cancelled", "explode"])
def test_files_of_what_is_no_generation_are_not_wanted(status: str) -> None:
    assert not are_wanted(read_generation(PROCESSING | {"status": status, "attempt": "one"}), CREATED_AT)


def test_files_of_a_completed_document_that_another_release_wrote_are_wanted() -> None:
    """Its user sees them. Nobody may remove them for not being able to read it."""
    newer = read_generation(COMPLETED_IMAGE | {"schema_version": 2})

    assert are_wanted(newer, CREATED_AT)
    assert not are_wanted(newer, CREATED_AT - timedelta(microseconds=1))
    assert not are_wanted(read_generation({"status": "completed"}), CREATED_AT)
    assert not are_wanted(read_generation({"status": "completed", "created_at": "now"}), CREATED_AT)
