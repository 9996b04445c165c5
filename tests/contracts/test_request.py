import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RequestInvalid
from contracts.paths import MediaType
from contracts.request import (
    MAX_PROMPT_UNITS,
    MAX_SAFE_INTEGER,
    MAX_UPLOAD_PATH_UNITS,
    REQUEST_MODELS,
    UPLOAD_FIELDS,
    utf16_units,
)
from contracts.validation import parse_request
from tests.contracts.documents import ALL_IMAGE_KEYS, ALL_VIDEO_KEYS
from tests.contracts.json_schema import SCHEMA, fits

EMOJI = "\N{GRINNING FACE}"
SCHEMA_NAMES = {MediaType.IMAGES: "ImageRequest", MediaType.VIDEOS: "VideoRequest"}
ALL_KEYS = {MediaType.IMAGES: ALL_IMAGE_KEYS, MediaType.VIDEOS: ALL_VIDEO_KEYS}
LIMITS = {
    "width": (16, 4096),
    "height": (16, 4096),
    "num_inference_steps": (1, 200),
    "guidance_scale": (0, 50),
    "seed": (0, 2**53 - 1),
    "num_images": (1, 8),
    "strength": (0, 1),
    "lora_scale": (0, 2),
    "num_frames": (1, 1000),
    "fps": (1, 60),
}
DECIMAL = {"guidance_scale", "strength", "lora_scale"}
TEXT = {"prompt", "negative_prompt", "model", "input_image", "mask_image", "lora", "last_image"}


def refusal_of(field: str, value: object) -> str:
    """The sentence with which a request for a video is refused because of one value."""
    with pytest.raises(RequestInvalid) as refused:
        parse_request(MediaType.VIDEOS, {"prompt": "", field: value})
    assert refused.value.field == refused.value.failure.field == field
    assert not fits({"prompt": "", field: value}, "VideoRequest")
    return refused.value.failure.message


@pytest.mark.parametrize("media_type", MediaType)
def test_every_key_can_be_given_at_once(media_type: MediaType) -> None:
    asked = ALL_KEYS[media_type]

    request = parse_request(media_type, asked)

    assert request.model_dump(exclude_unset=True) == asked
    assert asked.keys() == REQUEST_MODELS[media_type].model_fields.keys()
    assert fits(asked, SCHEMA_NAMES[media_type])


@pytest.mark.parametrize("media_type", MediaType)
def test_a_prompt_alone_is_enough_even_an_empty_one(media_type: MediaType) -> None:
    assert parse_request(media_type, {"prompt": ""}).model_dump(exclude_unset=True) == {"prompt": ""}


@pytest.mark.parametrize("media_type", MediaType)
def test_a_request_without_a_prompt_is_refused(media_type: MediaType) -> None:
    with pytest.raises(RequestInvalid, match=r"^prompt is missing$"):
        parse_request(media_type, {"model": "safelight-image"})


@pytest.mark.parametrize("field", ["num_frames", "fps", "last_image"])
def test_what_only_videos_have_is_refused_for_images(field: str) -> None:
    with pytest.raises(RequestInvalid, match=f"^{field} is not a known field$") as refused:
        parse_request(MediaType.IMAGES, {"prompt": "", field: ALL_VIDEO_KEYS[field]})

    assert refused.value.field == field


@pytest.mark.parametrize(("media_type", "theirs"), [(MediaType.IMAGES, "mp4"), (MediaType.VIDEOS, "png")])
def test_images_and_videos_have_formats_of_their_own(media_type: MediaType, theirs: str) -> None:
    with pytest.raises(RequestInvalid, match=r"^output_format must be "):
        parse_request(media_type, {"prompt": "", "output_format": theirs})


@pytest.mark.parametrize(("field", "limits"), LIMITS.items(), ids=LIMITS)
def test_a_number_may_be_at_its_limits_and_not_beyond(field: str, limits: tuple[int, int]) -> None:
    least, most = limits

    for value in limits:
        parsed = parse_request(MediaType.VIDEOS, {"prompt": "", field: value})
        assert getattr(parsed, field) == value
    assert refusal_of(field, least - 1) == f"{field} must be at least {least}"
    assert refusal_of(field, most + 1) == f"{field} must be at most {most}"


@pytest.mark.parametrize("field", sorted(DECIMAL))
def test_a_decimal_number_may_not_be_a_little_beyond_its_limits(field: str) -> None:
    least, most = LIMITS[field]

    assert refusal_of(field, math.nextafter(least, -1)) == f"{field} must be at least {least}"
    assert refusal_of(field, math.nextafter(most, most + 1)) == f"{field} must be at most {most}"


def test_every_limit_of_the_schema_is_tested_here() -> None:
    properties = SCHEMA["$defs"]["VideoRequest"]["properties"]

    assert {
        name: (field["minimum"], field["maximum"]) for name, field in properties.items() if "minimum" in field
    } == (LIMITS)
    assert {name for name, field in properties.items() if field["type"] == "number"} == DECIMAL
    assert {name for name, field in properties.items() if field.get("x-upload")} == set(UPLOAD_FIELDS)


@pytest.mark.parametrize("field", sorted(LIMITS.keys() - DECIMAL))
@pytest.mark.parametrize("value", [True, False, 16.0, "16", "", b"16", [16], {"value": 16}, 1e300, math.nan])
def test_a_whole_number_is_nothing_else(field: str, value: object) -> None:
    assert refusal_of(field, value) == f"{field} must be a whole number"


@pytest.mark.parametrize("field", sorted(DECIMAL))
@pytest.mark.parametrize("value", [True, False, "1.0", b"1", [1.0], {}, 10**400])
def test_a_number_is_nothing_else(field: str, value: object) -> None:
    with pytest.raises(RequestInvalid, match=f"^{field} must be a number$") as refused:
        parse_request(MediaType.VIDEOS, {"prompt": "", field: value})

    assert refused.value.field == field


@pytest.mark.parametrize("field", sorted(DECIMAL))
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_is_finite(field: str, value: float) -> None:
    with pytest.raises(RequestInvalid, match=f"^{field} must be a finite number$"):
        parse_request(MediaType.VIDEOS, {"prompt": "", field: value})


@pytest.mark.parametrize("field", sorted(DECIMAL))
def test_a_whole_number_is_a_number_too(field: str) -> None:
    assert getattr(parse_request(MediaType.IMAGES, {"prompt": "", field: 1}), field) == 1


@pytest.mark.parametrize("value", [2**53, 2**63, 10**400])
def test_a_seed_that_javascript_cannot_hold_is_refused(value: int) -> None:
    assert refusal_of("seed", value) == f"seed must be at most {MAX_SAFE_INTEGER}"


@pytest.mark.parametrize("field", sorted(TEXT))
@pytest.mark.parametrize("value", [1, 1.5, True, b"a", ["a"], {"a": "a"}])
def test_text_is_nothing_else(field: str, value: object) -> None:
    assert refusal_of(field, value) == f"{field} must be text"


@pytest.mark.parametrize("field", ALL_VIDEO_KEYS)
def test_null_is_not_the_same_as_leaving_a_key_out(field: str) -> None:
    assert refusal_of(field, None) == f"{field} must not be null"


@pytest.mark.parametrize("field", ["image_url", "Prompt", "prompt_", "steps", "attempt", "__proto__"])
@pytest.mark.parametrize("value", [1, None, {}])
def test_an_unknown_key_is_refused_by_name(field: str, value: object) -> None:
    assert refusal_of(field, value) == f"{field} is not a known field"


@pytest.mark.parametrize("key", ["a b", "", "<b>", "a\nb", "x" * 65, "é", "prompt ", 7])
def test_a_key_that_is_no_name_is_refused_without_repeating_it(key: object) -> None:
    asked: dict[Any, Any] = {"prompt": "", key: 1}

    with pytest.raises(RequestInvalid, match=r"^request_data has a key that is not one of its own$") as refused:
        parse_request(MediaType.IMAGES, asked)

    assert refused.value.field == "request_data"


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_a_prompt_may_have_a_thousand_emoji_and_not_one_more(field: str) -> None:
    longest = EMOJI * 1000

    assert utf16_units(longest) == MAX_PROMPT_UNITS
    assert getattr(parse_request(MediaType.IMAGES, {"prompt": "", field: longest}), field) == longest
    for too_long in (longest + "x", EMOJI * 1001, "x" * 2001):
        with pytest.raises(RequestInvalid, match=f"^{field} must be at most 2000 characters long$"):
            parse_request(MediaType.IMAGES, {"prompt": "", field: too_long})


@pytest.mark.parametrize("field", UPLOAD_FIELDS)
def test_the_path_of_an_upload_may_have_300_characters(field: str) -> None:
    longest = "x" * MAX_UPLOAD_PATH_UNITS

    assert getattr(parse_request(MediaType.VIDEOS, {"prompt": "", field: longest}), field) == longest
    assert refusal_of(field, longest + "x") == f"{field} must be at most 300 characters long"


@pytest.mark.parametrize("prompt", ["two\nlines", "\t", "\u0000", "{}", "${x}", "é", "\u202e", "<script>"])
def test_a_prompt_may_hold_anything_that_can_be_written(prompt: str) -> None:
    assert parse_request(MediaType.IMAGES, {"prompt": prompt}).prompt == prompt


@pytest.mark.parametrize("name", ["a", "0", "a.b_c-d", "flux.1-dev", "a" * 64])
def test_a_model_may_have_such_a_name(name: str) -> None:
    assert parse_request(MediaType.IMAGES, {"prompt": "", "model": name}).model == name


@pytest.mark.parametrize(
    "name", ["", "A", ".a", "-a", "a/b", "a\n", "\na", "a b", "é", "a" * 65, "../a", "owner/name"]
)
def test_a_model_may_not_have_such_a_name(name: str) -> None:
    assert refusal_of("model", name) == "model must be a name as the catalogue spells it"


@pytest.mark.parametrize("name", ["", ".a", "a/b", "a\n", "a b", "é", "a" * 129, "../a", "https://x"])
def test_a_lora_may_not_have_such_a_name(name: str) -> None:
    assert refusal_of("lora", name) == "lora must be a name as the catalogue spells it"


@given(st.text())
def test_utf16_units_are_what_javascript_counts(text: str) -> None:
    assert utf16_units(text) == sum(2 if ord(character) > 0xFFFF else 1 for character in text)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-1, 5000),
    st.floats(),
    st.floats(-1, 60),
    st.text(),
    st.sampled_from(["png", "mp4", "safelight-image", "uploads/u1/a.png"]),
    st.binary(),
    st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()),
)


@given(
    media_type=st.sampled_from(MediaType),
    asked=st.dictionaries(st.sampled_from([*ALL_VIDEO_KEYS, "other"]), VALUES, max_size=4),
)
def test_the_json_schema_and_the_models_accept_the_same_requests(
    media_type: MediaType, asked: dict[str, Any]
) -> None:
    asked = {"prompt": ""} | asked

    assert fits(asked, SCHEMA_NAMES[media_type]) == _is_accepted(media_type, asked)


def _is_accepted(media_type: MediaType, asked: dict[str, Any]) -> bool:
    try:
        parse_request(media_type, asked)
    except RequestInvalid:
        return False
    return True
