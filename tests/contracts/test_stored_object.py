import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from contracts.errors import ErrorCode, RequestInvalid
from contracts.generation_data import ImageData, VideoData
from contracts.paths import GenerationPath, MediaType
from contracts.stored_object import (
    File,
    StoredObject,
    belongs_to,
    build_generation_data,
    check_names_free,
    complete_set,
    describe,
)
from tests.contracts.documents import CREATED_AT, IMAGE_DATA, IMAGE_PATH, VIDEO_DATA, VIDEO_PATH

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
    assert data.model_dump() == IMAGE_DATA | {"sha256": ["00"], "bytes": [1]}


def test_what_the_page_gets_is_rebuilt_from_the_metadata_of_a_video() -> None:
    made = [
        File(name=name, content=b"x", content_type=kind, sha256=digest)
        for name, kind, digest in zip(
            VIDEO_DATA["object_paths"], ["video/mp4", "image/jpeg"], ["0a", "0b"], strict=True
        )
    ]
    of_page = {"object_paths", "video_url", "poster_url", "sha256", "bytes"}
    facts = {key: value for key, value in VIDEO_DATA.items() if key not in of_page}
    metadata = describe(VIDEO_PATH, created_at=CREATED_AT, attempt=1, files=made, facts=facts)[0]

    data = build_generation_data(MediaType.VIDEOS, metadata, [VIDEO_DATA["video_url"], VIDEO_DATA["poster_url"]])

    assert isinstance(data, VideoData)
    assert data.model_dump() == VIDEO_DATA | {"bytes": [1, 1]}
