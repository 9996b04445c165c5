from typing import Any

import pytest

from contracts.catalogue import Catalogue
from contracts.errors import ErrorCode, RequestInvalid
from contracts.paths import GenerationPath, MediaType
from contracts.validation import resolve_request
from tests.contracts.catalogues import CATALOGUE, IMAGE_MODEL
from tests.contracts.documents import IMAGE_PATH, VIDEO_PATH


def resolve(path: GenerationPath, **asked: object) -> dict[str, Any]:
    """What the model would be called with."""
    return resolve_request(path, {"prompt": "a red circle"} | asked, CATALOGUE)[1]


def refusal_of(path: GenerationPath, **asked: object) -> tuple[str, str]:
    """The field and the sentence with which a request is refused."""
    with pytest.raises(RequestInvalid) as refused:
        resolve(path, **asked)
    assert refused.value.failure.code is ErrorCode.INVALID_REQUEST
    return refused.value.field, refused.value.failure.message


def test_what_is_left_out_is_filled_in_from_the_catalogue() -> None:
    model, resolved = resolve_request(IMAGE_PATH, {"prompt": "a red circle"}, CATALOGUE)

    assert model.id == "tiny-image"
    assert resolved == {
        "prompt": "a red circle",
        "model": "tiny-image",
        "negative_prompt": "",
        "width": 128,
        "height": 128,
        "guidance_scale": 3.0,
        "num_images": 1,
        "output_format": "png",
    }


def test_what_is_asked_for_goes_before_the_defaults() -> None:
    resolved = resolve(IMAGE_PATH, width=256, seed=0, guidance_scale=0, negative_prompt="blur")

    assert resolved["width"] == 256
    assert resolved["seed"] == 0
    assert resolved["guidance_scale"] == 0
    assert resolved["negative_prompt"] == "blur"


def test_the_model_that_serves_is_named_even_where_the_request_names_none() -> None:
    assert resolve(VIDEO_PATH)["model"] == "tiny-video"
    assert resolve(VIDEO_PATH, model="tiny-video")["model"] == "tiny-video"


@pytest.mark.parametrize(
    ("path", "model", "offered"),
    [
        (IMAGE_PATH, "tiny-video", "make images: tiny-image"),
        (VIDEO_PATH, "tiny-image", "make videos: tiny-video"),
        (IMAGE_PATH, "none-such", "make images: tiny-image"),
    ],
)
def test_a_model_that_does_not_make_this_is_refused(path: GenerationPath, model: str, offered: str) -> None:
    assert refusal_of(path, model=model) == ("model", f"model must be one of those that {offered}")


@pytest.mark.parametrize(
    ("path", "asked", "field", "message"),
    [
        (IMAGE_PATH, {"width": 56}, "width", "width must be at least 64"),
        (IMAGE_PATH, {"width": 520}, "width", "width must be at most 512"),
        (IMAGE_PATH, {"width": 100}, "width", "width must be a multiple of 8"),
        (IMAGE_PATH, {"guidance_scale": 7.6}, "guidance_scale", "guidance_scale must be at most 7.5"),
        (IMAGE_PATH, {"seed": 4_294_967_296}, "seed", "seed must be at most 4294967295"),
        (IMAGE_PATH, {"output_format": "jpeg"}, "output_format", "output_format must be one of png, webp"),
        (IMAGE_PATH, {"lora": "x"}, "lora", "lora does not apply to the model tiny-image"),
        (VIDEO_PATH, {"strength": 1}, "strength", "strength does not apply to the model tiny-video"),
        (VIDEO_PATH, {"num_images": 1}, "num_images", "num_images does not apply to the model tiny-video"),
        (VIDEO_PATH, {"num_frames": 4}, "num_frames", "num_frames must be at least 5"),
        (
            VIDEO_PATH,
            {"num_frames": 16},
            "num_frames",
            "num_frames must be one more than a multiple of 4",
        ),
        (IMAGE_PATH, {"width": "wide"}, "width", "width must be a whole number"),
        (IMAGE_PATH, {"colour": "red"}, "colour", "colour is not a known field"),
    ],
)
def test_what_the_model_does_not_allow_is_refused(
    path: GenerationPath, asked: dict[str, Any], field: str, message: str
) -> None:
    assert refusal_of(path, **asked) == (field, message)


@pytest.mark.parametrize("frames", [5, 9, 33])
def test_frames_may_be_one_more_than_a_multiple(frames: int) -> None:
    assert resolve(VIDEO_PATH, num_frames=frames)["num_frames"] == frames


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (IMAGE_PATH, {"width": 512, "height": 512, "num_images": 2}),
        (IMAGE_PATH, {"width": 256, "height": 256, "num_images": 8}),
        (VIDEO_PATH, {"width": 128, "height": 128, "num_frames": 33}),
    ],
)
def test_a_request_may_be_as_big_as_the_model_can_bear(path: GenerationPath, asked: dict[str, Any]) -> None:
    resolve(path, **asked)


@pytest.mark.parametrize(
    ("path", "asked", "expected"),
    [
        (
            IMAGE_PATH,
            {"width": 512, "height": 512, "num_images": 3},
            ("width", "width x height x num_images must be at most 524288 pixels in all"),
        ),
        (
            VIDEO_PATH,
            {"width": 128, "height": 128, "num_frames": 37},
            ("num_frames", "num_frames x width x height must be at most 540672 pixels in all"),
        ),
    ],
)
def test_a_request_that_is_bigger_in_all_is_refused(
    path: GenerationPath, asked: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refusal_of(path, **asked) == expected


def test_a_single_picture_can_be_too_big_as_well() -> None:
    small = CATALOGUE.model_copy(
        update={"models": [model.model_copy(update={"max_pixels": 64}) for model in CATALOGUE.models]}
    )

    with pytest.raises(RequestInvalid, match=r"^width x height must be at most 64 pixels in all$"):
        resolve_request(IMAGE_PATH, {"prompt": ""}, small)


@pytest.mark.parametrize(
    ("path", "fields"), [(IMAGE_PATH, {"input_image"}), (VIDEO_PATH, {"input_image", "last_image"})]
)
def test_an_upload_of_ones_own_is_taken(path: GenerationPath, fields: set[str]) -> None:
    asked = {field: f"uploads/u1/{field}.png" for field in fields}

    resolved = resolve(path, **asked)

    assert {field: resolved[field] for field in fields} == asked


@pytest.mark.parametrize(
    "object_name",
    [
        "uploads/u2/a.png",
        "uploads/u1/../u2/a.png",
        "uploads/u1/deeper/a.png",
        "uploads/u1/a.png/",
        "uploads/.*/a.png",
        "generating/u1/image/f1.png",
        "https://example.com/a.png",
        "gs://bucket/uploads/u1/a.png",
        "",
    ],
)
@pytest.mark.parametrize(("path", "field"), [(IMAGE_PATH, "input_image"), (VIDEO_PATH, "last_image")])
def test_a_picture_that_is_no_upload_of_ones_own_is_refused(
    path: GenerationPath, field: str, object_name: str
) -> None:
    assert refusal_of(path, **{field: object_name}) == (
        field,
        f"{field} must be one of your own uploads, uploads/{{user_id}}/{{name}}",
    )


def test_a_uid_full_of_regex_characters_matches_nobody_elses_uploads() -> None:
    path = GenerationPath(user_id=".*", media_type=MediaType.IMAGES, file_uid="f1")

    assert resolve(path, input_image="uploads/.*/a.png")["input_image"] == "uploads/.*/a.png"
    assert refusal_of(path, input_image="uploads/u1/a.png")[0] == "input_image"


UPLOAD = "uploads/u1/picture"
LORAS = [
    {"id": name, "source": {"folder": name}, "revision": "1", "weight_name": "p.safetensors", "licence": "MIT"}
    for name in ("pixels", "ink")
]
STEPS: dict[str, Any] = IMAGE_MODEL | {
    "id": "steps",
    "loras": LORAS,
    "parameters": IMAGE_MODEL["parameters"]
    | {"num_inference_steps": {"default": 10}, "lora": {}, "lora_scale": {"default": 1.0}},
}


def catalogue_of(model: dict[str, Any]) -> Catalogue:
    return Catalogue.model_validate({"models": [model]})


@pytest.mark.parametrize(
    ("asked", "field", "message"),
    [
        ({"strength": 0.5}, "strength", "strength means something only with input_image"),
        (
            {"input_image": UPLOAD, "strength": 0.1, "num_inference_steps": 9},
            "strength",
            "strength x num_inference_steps must be at least 1: nothing would be done",
        ),
        (
            {"input_image": UPLOAD, "mask_image": UPLOAD},
            "mask_image",
            "mask_image does not apply to the model steps",
        ),
        ({"lora": "other"}, "lora", "lora must be one of pixels, ink"),
    ],
)
def test_what_means_nothing_to_the_task_is_refused(asked: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        resolve_request(IMAGE_PATH, {"prompt": "", **asked}, catalogue_of(STEPS))

    assert (refused.value.field, str(refused.value)) == (field, message)


def test_a_model_that_starts_from_a_picture_needs_one() -> None:
    tasks = {"image-to-image": "StableDiffusionImg2ImgPipeline"}

    with pytest.raises(RequestInvalid) as refused:
        resolve_request(IMAGE_PATH, {"prompt": ""}, catalogue_of(STEPS | {"tasks": tasks}))

    assert refused.value.field == "input_image"
    assert str(refused.value) == "input_image is needed: the model steps starts from a picture"


def test_a_mask_without_its_picture_is_refused() -> None:
    tasks = {"text-to-image": "A", "inpainting": "B"}
    parameters = STEPS["parameters"] | {"mask_image": {}}

    with pytest.raises(RequestInvalid, match="which part of input_image to repaint: name both") as refused:
        resolve_request(
            IMAGE_PATH,
            {"prompt": "", "mask_image": UPLOAD},
            catalogue_of(STEPS | {"tasks": tasks, "parameters": parameters}),
        )

    assert refused.value.field == "mask_image"


@pytest.mark.parametrize(
    ("asked", "there", "not_there"),
    [
        ({}, set(), {"strength", "lora_scale"}),
        ({"input_image": UPLOAD}, {"strength"}, {"lora_scale"}),
        ({"lora": "ink"}, {"lora_scale"}, {"strength"}),
    ],
)
def test_defaults_are_filled_in_where_they_mean_something(
    asked: dict[str, Any], there: set[str], not_there: set[str]
) -> None:
    _, request = resolve_request(IMAGE_PATH, {"prompt": "", **asked}, catalogue_of(STEPS))

    assert there <= request.keys()
    assert not request.keys() & not_there
