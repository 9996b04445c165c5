"""Which uploads a job is given, and what its user is told where it is not given one."""

from typing import Any

import pytest
from PIL import Image

from adapters.in_memory import InMemoryObjects
from contracts.errors import ErrorCode, FailedStage, RequestInvalid, Unavailable
from contracts.paths import GenerationPath, MediaType
from contracts.request import UPLOAD_FIELDS
from contracts.stored_object import File
from contracts.uploads import MAX_UPLOAD_BYTES, UPLOAD_CONTENT_TYPES
from tests.worker.picture_files import halves, saved
from worker.inputs import read_inputs
from worker.uploaded_picture import DECODERS

PATH = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1")
MINE, OTHER = "uploads/u1/a.png", "uploads/u1/b.png"
ASKED = {"prompt": "a red circle", "width": 64, "height": 32, "seed": 5}


class Bucket(InMemoryObjects):
    """Remembers what it was asked for."""

    def __init__(self, **uploads: bytes) -> None:
        super().__init__()
        self.asked: list[str] = []
        for name, content in uploads.items():
            self.upload(f"uploads/u1/{name}.png", content)

    def upload(self, name: str, content: bytes) -> None:
        self.put(File(name=name, content=content, content_type="image/png", sha256=""), {}, replacing=0)

    def read(self, name: str, *, at_most: int) -> bytes | None:
        self.asked.append(name)
        return super().read(name, at_most=at_most)


def failure(objects: InMemoryObjects | None, **request: Any) -> tuple[str | None, str]:  # noqa: ANN401 - any scalar
    with pytest.raises(RequestInvalid) as refused:
        read_inputs(PATH, ASKED | request, objects)
    assert refused.value.failure.code is ErrorCode.INVALID_REQUEST
    assert not refused.value.failure.retryable
    return refused.value.failure.field, refused.value.failure.message


def test_a_request_without_uploads_is_what_it_was_and_the_bucket_is_left_alone() -> None:
    bucket = Bucket()

    assert read_inputs(PATH, ASKED, bucket) == ASKED
    assert read_inputs(PATH, ASKED, None) == ASKED
    assert bucket.asked == []


def test_each_upload_becomes_a_picture_of_the_size_that_is_wanted() -> None:
    bucket = Bucket(a=saved(halves()), b=saved(Image.new("L", (40, 20), 255)))

    inputs = read_inputs(PATH, ASKED | {"input_image": MINE, "mask_image": OTHER, "strength": 0.5}, bucket)

    assert inputs.keys() == ASKED.keys() | {"input_image", "mask_image", "strength"}
    assert {name: inputs[name] for name in ASKED} == ASKED
    assert (inputs["input_image"].mode, inputs["input_image"].size) == ("RGB", (64, 32))
    assert (inputs["mask_image"].mode, inputs["mask_image"].size) == ("L", (64, 32))
    assert inputs["input_image"].getpixel((8, 8)) == (255, 0, 0)
    assert inputs["mask_image"].getpixel((8, 8)) == 255


def test_a_video_can_begin_and_end_on_uploads() -> None:
    bucket = Bucket(a=saved(halves()), b=saved(Image.new("RGB", (20, 40), "green")))

    inputs = read_inputs(PATH, ASKED | {"input_image": MINE, "last_image": OTHER}, bucket)

    assert {inputs[name].size for name in ("input_image", "last_image")} == {(64, 32)}
    assert inputs["last_image"].getpixel((8, 8)) == (0, 128, 0)


@pytest.mark.parametrize("field", ["input_image", "last_image"])
@pytest.mark.parametrize(
    "name",
    [
        "uploads/u2/a.png",
        "uploads/u1/../u2/a.png",
        "uploads/u1/..",
        "uploads/u1//a.png",
        "uploads/u1/a.png/",
        "uploads/u1/",
        "uploads/u1",
        "uploads//a.png",
        "/uploads/u1/a.png",
        "uploads\\u1\\a.png",
        "uploads/u1%2fa.png",
        "uploads/u1/%2e%2e/u2/a.png",
        "uploads/u\uff11/a.png",  # a fullwidth 1
        "uploads/\u03c51/a.png",  # an upsilon
        "uploads/u1\u200b/a.png",  # and a space that nobody sees
        "uploads/u1/\u0430.png",  # a Cyrillic a
        "uploads\u2215u1\u2215a.png",  # division slashes
        "uploads/U1/a.png",
        "uploads/u1/a.png\n",
        "uploads/u1/a.png\0",
        "generating/u1/image/f1.png",
        "gs://bucket/uploads/u1/a.png",
        "",
    ],
)
def test_nothing_but_his_own_uploads_is_even_looked_for(field: str, name: str) -> None:
    """Though the bucket has it."""
    bucket = Bucket(a=saved(halves()))
    bucket.upload(name, saved(halves()))

    assert failure(bucket, **{field: name}) == (
        field,
        f"{field} must be one of your own uploads, uploads/{{user_id}}/{{name}}",
    )
    assert bucket.asked == []


@pytest.mark.parametrize("field", ["input_image", "last_image"])
def test_an_upload_that_is_not_there_is_said_to_be_missing(field: str) -> None:
    assert failure(Bucket(), **{field: MINE}) == (
        field,
        f"{field} names an upload that is not there; upload the picture first",
    )


def test_a_file_that_the_rules_would_not_have_let_in_is_refused() -> None:
    assert MAX_UPLOAD_BYTES == 10 * 1024 * 1024
    bucket = Bucket(a=saved(halves()) + bytes(MAX_UPLOAD_BYTES))

    assert failure(bucket, input_image=MINE) == ("input_image", "input_image must have at most 10 MiB")


def test_the_largest_file_is_read() -> None:
    content = saved(halves())
    bucket = Bucket(a=content + bytes(MAX_UPLOAD_BYTES - len(content)))

    assert read_inputs(PATH, ASKED | {"input_image": MINE}, bucket)["input_image"].size == (64, 32)


def test_what_is_wrong_with_a_file_is_said_with_the_fields_name() -> None:
    bucket = Bucket(a=saved(halves()), b=b"<svg/>")

    assert failure(bucket, input_image=MINE, mask_image=OTHER) == (
        "mask_image",
        "mask_image must be a PNG, JPEG or WebP picture",
    )


@pytest.mark.parametrize("field", UPLOAD_FIELDS)
def test_a_job_without_a_bucket_can_name_no_upload(field: str) -> None:
    asked = {"input_image": MINE} | {field: MINE}

    assert failure(None, **asked) == (
        "input_image",
        "input_image needs the bucket, which a job with use_cloud_storage: false has not",
    )


def test_a_mask_needs_something_to_mask() -> None:
    field, message = failure(Bucket(a=saved(halves())), mask_image=MINE)

    assert field == "mask_image"
    assert "there is no input_image" in message


@pytest.mark.parametrize("size", [(80, 40), (40, 20), (33, 17), (33, 16), (1000, 500), (2, 1)], ids=str)
def test_a_mask_has_the_proportions_of_what_it_masks(size: tuple[int, int]) -> None:
    """Rounded, as whoever made it smaller had to."""
    bucket = Bucket(a=saved(halves(size=(80, 40))), b=saved(Image.new("L", size)))

    assert read_inputs(PATH, ASKED | {"input_image": MINE, "mask_image": OTHER}, bucket)["mask_image"].size == (
        64,
        32,
    )


@pytest.mark.parametrize("size", [(80, 44), (40, 40), (40, 80), (1000, 470)], ids=str)
def test_a_mask_of_other_proportions_is_refused(size: tuple[int, int]) -> None:
    """It would be cropped differently, and cover something else."""
    bucket = Bucket(a=saved(halves(size=(80, 40))), b=saved(Image.new("L", size)))

    assert failure(bucket, input_image=MINE, mask_image=OTHER) == (
        "mask_image",
        "mask_image must have the same proportions as input_image",
    )


def test_where_storage_is_away_a_later_attempt_may_have_more_luck() -> None:
    bucket = Bucket(a=saved(halves()))
    bucket.unavailable = True

    with pytest.raises(Unavailable) as away:
        read_inputs(PATH, ASKED | {"input_image": MINE}, bucket)

    assert away.value.failure.code is ErrorCode.STORAGE_UNAVAILABLE
    assert away.value.failure.stage is FailedStage.VALIDATING
    assert away.value.failure.retryable
    assert MINE not in away.value.failure.message


def test_what_may_be_uploaded_can_be_decoded() -> None:
    assert {f"image/{decoder.format}".lower() for _, decoder in DECODERS.values()} == {*UPLOAD_CONTENT_TYPES}
