import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.paths import GenerationPath, MediaType
from contracts.returned_files import MAX_BASE64_LENGTH, MAX_FILES, encode_files, returned_files
from contracts.runpod_job import MAX_RETURNED_BYTES, Outcome, result
from contracts.stored_object import File
from tests.contracts.documents import IMAGE_DATA, IMAGE_PATH, VIDEO_DATA, VIDEO_PATH

OF_FILES = {"object_paths", "image_urls", "video_url", "poster_url", "thumbnail_url", "sha256", "bytes"}
FACTS = {key: value for key, value in IMAGE_DATA.items() if key not in OF_FILES}
VIDEO_FACTS = {key: value for key, value in VIDEO_DATA.items() if key not in OF_FILES}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner), max_leaves=5
)


def file(name: str, content: bytes = b"a picture", content_type: str = "image/png") -> File:
    return File(name=name, content=content, content_type=content_type, sha256=hashlib.sha256(content).hexdigest())


def images(count: int = 1) -> list[File]:
    return [file(name, f"picture {name}".encode()) for name in IMAGE_PATH.object_names("png", count)]


def video() -> list[File]:
    return [
        file("generating/u1/video/f1.mp4", b"a video", "video/mp4"),
        file("generating/u1/video/f1.jpg", b"its poster", "image/jpeg"),
        file("generating/u1/video/f1.webp", b"its thumbnail", "image/webp"),
    ]


def output(files: list[File] | None = None, facts: object = FACTS) -> dict[str, Any]:
    """What a worker answers, after its journey through RunPod."""
    answer = result(Outcome.RETURNED, facts=facts, files=encode_files(images() if files is None else files))
    read: dict[str, Any] = json.loads(json.dumps(answer))
    return read


def with_file(**changed: object) -> dict[str, Any]:
    answer = output()
    answer["files"][0] |= changed
    return answer


def with_facts(**changed: object) -> dict[str, Any]:
    return output(facts=FACTS | changed)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_images_come_back_as_they_left(count: int) -> None:
    assert returned_files(IMAGE_PATH, output(images(count))) == (images(count), FACTS)


def test_a_video_comes_back_with_its_poster_and_its_thumbnail() -> None:
    assert returned_files(VIDEO_PATH, output(video(), VIDEO_FACTS)) == (video(), VIDEO_FACTS)


def test_a_video_of_a_worker_that_knows_no_thumbnails_comes_back_with_its_poster() -> None:
    assert returned_files(VIDEO_PATH, output(video()[:2], VIDEO_FACTS)) == (video()[:2], VIDEO_FACTS)


def test_no_fact_speaks_for_a_thumbnail_that_is_not_there() -> None:
    elsewhere = VIDEO_FACTS | {"thumbnail_url": "https://example.com/f1.webp"}

    assert returned_files(VIDEO_PATH, output(video()[:2], elsewhere)) == (video()[:2], VIDEO_FACTS)


@given(content=st.binary(min_size=1))
def test_every_content_comes_back_byte_for_byte(content: bytes) -> None:
    sent = [file("generating/u1/image/f1.png", content)]

    assert returned_files(IMAGE_PATH, output(sent)) == (sent, FACTS)


def test_the_largest_content_that_a_worker_returns_is_taken() -> None:
    sent = [file("generating/u1/image/f1.png", bytes(MAX_RETURNED_BYTES))]

    assert returned_files(IMAGE_PATH, output(sent)) == (sent, FACTS)


def test_as_many_files_as_there_can_be_are_taken() -> None:
    assert returned_files(IMAGE_PATH, output(images(MAX_FILES))) is not None
    assert returned_files(IMAGE_PATH, output(images(MAX_FILES + 1))) is None


def test_what_a_newer_worker_adds_is_left_out() -> None:
    newer = with_facts(prompt="canary", sha256=["0"], bytes=[0], object_paths=["uploads/u2/a.png"])
    newer["files"][0]["colour"] = "red"

    assert returned_files(IMAGE_PATH, newer | {"extra": 1}) == (images(), FACTS)


@pytest.mark.parametrize("answer", [None, "returned", 5, [], [output()], {}, True])
def test_what_is_no_result_holds_no_files(answer: object) -> None:
    assert returned_files(IMAGE_PATH, answer) is None


@pytest.mark.parametrize("outcome", [*(other for other in Outcome if other is not Outcome.RETURNED), None, 1, []])
def test_only_what_was_returned_for_want_of_storage_is_stored(outcome: object) -> None:
    assert returned_files(IMAGE_PATH, output() | {"outcome": outcome}) is None


def test_files_that_are_in_storage_already_are_adopted_from_there_and_not_from_here() -> None:
    assert returned_files(IMAGE_PATH, result(Outcome.RETURNED, generation_data=IMAGE_DATA)) is None


@pytest.mark.parametrize("key", ["files", "facts"])
@pytest.mark.parametrize("value", [None, "canary", 5, {}, [], [None], [[]], ["a"]])
def test_a_part_of_another_type_holds_no_files(key: str, value: object) -> None:
    assert returned_files(IMAGE_PATH, output() | {key: value}) is None


@pytest.mark.parametrize("key", ["files", "facts"])
def test_a_result_that_lacks_a_part_holds_no_files(key: str) -> None:
    assert returned_files(IMAGE_PATH, {name: part for name, part in output().items() if name != key}) is None


@pytest.mark.parametrize("key", ["object_path", "content_type", "sha256", "base64"])
@pytest.mark.parametrize("value", [None, 5, True, ["a"], {}, "", "canary", "\ud800"])
def test_a_file_with_a_wrong_value_is_not_taken(key: str, value: object) -> None:
    assert returned_files(IMAGE_PATH, with_file(**{key: value})) is None


@pytest.mark.parametrize("key", ["object_path", "content_type", "sha256", "base64"])
def test_a_file_that_lacks_something_is_not_taken(key: str) -> None:
    answer = output()
    del answer["files"][0][key]

    assert returned_files(IMAGE_PATH, answer) is None


@pytest.mark.parametrize(
    "object_path",
    [
        "generating/u2/image/f1.png",
        "generating/u1/image/f2.png",
        "generating/u1/image/f10.png",
        "generating/u1/video/f1.png",
        "generating/u1/image/../../u2/image/f1.png",
        "generating/u1/image/f1/../f2.png",
        "generating/u1/image/f1.png/x",
        "generating/u1/image/f1",
        "generating/u1/image/f1.png\n",
        "generating/u1/image/f1.png\0",
        "generating/u1/image/f1.PNG",
        "generating/u1//image/f1.png",
        "/generating/u1/image/f1.png",
        "./generating/u1/image/f1.png",
        "uploads/u1/f1.png",
        "uploads/u2/a.png",
        "models/weights.bin",
        "https://example.com/generating/u1/image/f1.png",
        "gs://bucket/generating/u1/image/f1.png",
        "f1.png",
        "",
    ],
)
def test_a_file_that_would_lie_elsewhere_is_not_taken(object_path: str) -> None:
    assert returned_files(IMAGE_PATH, with_file(object_path=object_path)) is None


@given(user_id=st.text(min_size=1), file_uid=st.text(min_size=1))
def test_no_file_of_anybody_else_is_taken(user_id: str, file_uid: str) -> None:
    object_path = f"generating/{user_id}/image/{file_uid}.png"

    found = returned_files(IMAGE_PATH, with_file(object_path=object_path))

    assert found is None or IMAGE_PATH.may_own(object_path)


def test_one_wrong_file_spoils_all() -> None:
    good, bad = file("generating/u1/image/f1_0.png"), file("generating/u2/image/f1_1.png", b"another")

    assert returned_files(IMAGE_PATH, output([good, bad])) is None
    assert returned_files(IMAGE_PATH, output([bad, good])) is None


def test_two_files_of_one_name_are_not_taken() -> None:
    twice = [file("generating/u1/image/f1.png", b"one"), file("generating/u1/image/f1.png", b"two")]

    assert returned_files(IMAGE_PATH, output(twice)) is None
    assert returned_files(IMAGE_PATH, output([*images(), *images()])) is None


@pytest.mark.parametrize(
    "sha256",
    [
        hashlib.sha256(b"another picture").hexdigest(),
        hashlib.sha256(b"").hexdigest(),
        images()[0].sha256.upper(),
        images()[0].sha256[:-1],
        images()[0].sha256 + " ",
        hashlib.sha1(b"a picture", usedforsecurity=False).hexdigest(),
    ],
)
def test_a_file_that_is_not_what_its_checksum_says_is_not_taken(sha256: str) -> None:
    assert returned_files(IMAGE_PATH, with_file(sha256=sha256)) is None


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: text[:-1], id="cut off"),
        pytest.param(lambda text: text[:-4], id="four characters short"),
        pytest.param(lambda text: f"{text}AAAA", id="more behind"),
        pytest.param(lambda text: f"{text}====", id="more padding"),
        pytest.param(lambda text: f"{text[:8]}\n{text[8:]}", id="a line feed"),
        pytest.param(lambda text: f" {text}", id="a space"),
        pytest.param(lambda text: f"data:image/png;base64,{text}", id="a data URL"),
        pytest.param(lambda text: f"é{text}", id="no ASCII"),
        pytest.param(lambda text: "-_-_" + text[4:], id="the URL alphabet"),
        pytest.param(lambda text: "=", id="padding alone"),
    ],
)
def test_a_content_that_is_no_base64_is_not_taken(spoil: Callable[[str], str]) -> None:
    good: str = output()["files"][0]["base64"]

    assert returned_files(IMAGE_PATH, with_file(base64=spoil(good))) is None


def test_a_content_of_nothing_is_not_taken() -> None:
    assert returned_files(IMAGE_PATH, output([file("generating/u1/image/f1.png", b"")])) is None


def test_a_content_that_is_too_long_is_not_even_decoded() -> None:
    content = bytes(MAX_RETURNED_BYTES + 8)
    text = base64.b64encode(content).decode()

    assert len(text) > MAX_BASE64_LENGTH
    sha256 = hashlib.sha256(content).hexdigest()
    assert returned_files(IMAGE_PATH, with_file(base64=text, sha256=sha256)) is None


@pytest.mark.parametrize(
    "content_type", ["text/html", "image/svg+xml", "image/png\r\nX: y", "IMAGE/PNG", "image/*"]
)
def test_what_no_worker_makes_is_not_taken(content_type: str) -> None:
    """Above all nothing that a browser would run under the address of the app's own files."""
    assert returned_files(IMAGE_PATH, with_file(content_type=content_type)) is None


@pytest.mark.parametrize("key", sorted(FACTS))
@pytest.mark.parametrize("value", [None, [], "1", {"a": 1}, 1.5, -1j], ids=str)
def test_facts_of_a_wrong_type_are_none(key: str, value: object) -> None:
    answer = output()
    answer["facts"][key] = value
    is_right = isinstance(value, str) and isinstance(FACTS[key], str)

    assert (returned_files(IMAGE_PATH, answer) is not None) == is_right


@pytest.mark.parametrize("key", sorted(FACTS))
def test_facts_that_lack_one_are_none(key: str) -> None:
    answer = output()
    del answer["facts"][key]

    assert returned_files(IMAGE_PATH, answer) is None


@pytest.mark.parametrize("key", sorted(set(VIDEO_FACTS) - set(FACTS)))
def test_facts_of_an_image_are_none_of_a_video(key: str) -> None:
    facts = {name: fact for name, fact in VIDEO_FACTS.items() if name != key}

    assert returned_files(VIDEO_PATH, output(video(), facts)) is None


def test_a_video_without_its_poster_is_not_taken() -> None:
    assert returned_files(VIDEO_PATH, output(video()[:1], VIDEO_FACTS)) is None


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**30])
def test_facts_with_numbers_that_no_document_can_hold_are_none(number: int) -> None:
    assert returned_files(IMAGE_PATH, with_facts(seed=number)) is None
    assert returned_files(IMAGE_PATH, with_facts(seed=2**53 - 1)) is not None


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_facts_with_a_time_that_is_none_are_none(seconds: float) -> None:
    timings = IMAGE_DATA["timings_seconds"] | {"generating": seconds}

    assert returned_files(IMAGE_PATH, with_facts(timings_seconds=timings)) is None


def test_facts_that_metadata_has_no_room_for_are_none() -> None:
    assert returned_files(IMAGE_PATH, with_facts(revision="x" * 2_000)) is None


@given(key=st.sampled_from(sorted(FACTS)), value=JSON)
def test_whatever_is_said_for_a_fact_raises_nothing(key: str, value: object) -> None:
    found = returned_files(IMAGE_PATH, output() | {"facts": FACTS | {key: value}})

    assert found is None or found[1][key] == value


@given(answer=JSON, part=st.sampled_from(["files", "facts"]))
def test_whatever_comes_back_raises_nothing(answer: object, part: str) -> None:
    assert returned_files(IMAGE_PATH, answer) is None
    assert returned_files(IMAGE_PATH, output() | {part: answer}) is None


def test_a_document_of_the_other_media_type_gets_none_of_it() -> None:
    other = GenerationPath(user_id="u1", media_type=MediaType.VIDEOS, file_uid="f1")

    assert returned_files(other, output()) is None
    assert returned_files(IMAGE_PATH, output(video(), VIDEO_FACTS)) is None
