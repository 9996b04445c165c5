"""What `request_data` may hold and what it may not, by name: one table for the rules and for contracts/."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.paths import MediaType
from contracts.request import MAX_PROMPT_UNITS, REQUEST_MODELS
from local.firestore_json import Raw
from tests.contracts.json_schema import SCHEMA

UID = "them.*|(us)$"
"""Whose requests these are. Put into a pattern as it is, it would match other people's folders."""
EMOJI = "\N{GRINNING FACE}"  # two UTF-16 units, one code point
DEFINITIONS = {
    MediaType.IMAGES: SCHEMA["$defs"]["ImageRequest"],
    MediaType.VIDEOS: SCHEMA["$defs"]["VideoRequest"],
}
BOTH = tuple(MediaType)
UPLOADS = {
    MediaType.IMAGES: ["input_image", "mask_image"],
    MediaType.VIDEOS: ["last_image"],
}


@dataclass(frozen=True)
class Asked:
    """One `request_data`."""

    name: str
    media_type: MediaType
    request_data: Any

    @property
    def id(self) -> str:
        return f"{self.media_type.value}: {self.name}"


def _both(name: str, request_data: Any) -> list[Asked]:  # noqa: ANN401 - whatever a client sends
    return [Asked(name, media_type, request_data) for media_type in BOTH]


def _with(name: str, media_type: MediaType = MediaType.IMAGES, **asked: Any) -> Asked:  # noqa: ANN401
    return Asked(name, media_type, {"prompt": "", **asked})


def _numbers() -> Iterator[tuple[MediaType, str, dict[str, Any]]]:
    """Each key with a range: the images', and what videos have on top."""
    for media_type in BOTH:
        for key, limit in DEFINITIONS[media_type]["properties"].items():
            if "minimum" in limit and (media_type is MediaType.IMAGES or key not in _of_images()):
                yield media_type, key, limit


def _of_images() -> dict[str, Any]:
    properties: dict[str, Any] = DEFINITIONS[MediaType.IMAGES]["properties"]
    return properties


def everything(media_type: MediaType) -> dict[str, Any]:
    """Every key at once, each as long as it may be: what costs the rules most."""
    longest = {
        "prompt": "p" * MAX_PROMPT_UNITS,
        "negative_prompt": "n" * MAX_PROMPT_UNITS,
        "model": "m" * 64,
        "lora": "L" * 128,
        "output_format": "webp" if media_type is MediaType.IMAGES else "mp4",
    }
    asked = {
        key: longest.get(key) or limit.get("maximum") or f"uploads/{UID}/{'u' * 124}.png"
        for key, limit in DEFINITIONS[media_type]["properties"].items()
    }
    assert asked.keys() == REQUEST_MODELS[media_type].model_fields.keys()
    return asked


def _accepted() -> Iterator[Asked]:
    yield from (Asked("every key", media_type, everything(media_type)) for media_type in BOTH)
    yield from _both("a prompt alone", {"prompt": "a red circle"})
    yield from _both("an empty prompt", {"prompt": ""})
    yield _with("a prompt of 2,000 characters", prompt="x" * 2_000)
    yield _with("a prompt of 1,000 characters of two units", prompt=EMOJI * 1_000)
    yield _with("a prompt with newlines", prompt="one\ntwo\r\n")
    for media_type, key, limit in _numbers():
        yield _with(f"the least {key}", media_type, **{key: limit["minimum"]})
        yield _with(f"the most {key}", media_type, **{key: limit["maximum"]})
        if limit["type"] == "number":
            yield _with(f"a {key} with decimals", media_type, **{key: 0.25})
    for name in ("png", "jpeg", "webp"):
        yield _with(f"{name} files", output_format=name)
    yield _with("a model's name with dots and dashes", model="a1._-")
    yield _with("a LoRA's name with capitals", lora="A1._-")
    for media_type, keys in UPLOADS.items():
        for key in keys:
            yield _with(f"an upload of one's own as {key}", media_type, **{key: f"uploads/{UID}/a.png"})
    yield _with("an upload with a bare name", input_image=f"uploads/{UID}/a")


def _wrong_types(kind: str) -> dict[str, Any]:
    """Values that are of none of the types that a key of this kind may have."""
    wrong = {"null": None, "true": True, "a list": [1], "a map": {"a": 1}, "bytes": b"a"}
    if kind == "text":
        return wrong | {"a number": 1}
    if kind == "integer":
        return wrong | {"a text": "64", "a decimal": 64.5, "a decimal without a fraction": 64.0}
    return wrong | {"a text": "1", "not a number": math.nan, "infinity": math.inf, "minus infinity": -math.inf}


def _refused() -> Iterator[Asked]:
    yield from _both("nothing at all", {})
    yield from _both("no prompt", {"model": "safelight-image"})
    yield from _both("an unknown key", {"prompt": "", "colour": "red"})
    yield from _both("a text for all of it", "a red circle")
    yield from _both("a list for all of it", ["a red circle"])
    yield from _both("null for all of it", None)
    yield _with("a map within it", request_data={"prompt": ""})
    for name, value in _wrong_types("text").items():
        for key in ("prompt", "negative_prompt", "model", "output_format", "input_image", "mask_image", "lora"):
            yield _with(f"{name} as {key}", **{key: value})
        yield _with(f"{name} as last_image", MediaType.VIDEOS, last_image=value)
    for media_type, key, limit in _numbers():
        step = 1 if limit["type"] == "integer" else 0.001
        yield _with(f"less than the least {key}", media_type, **{key: limit["minimum"] - step})
        yield _with(f"more than the most {key}", media_type, **{key: limit["maximum"] + step})
        for name, value in _wrong_types(limit["type"]).items():
            yield _with(f"{name} as {key}", media_type, **{key: value})
    yield from _refused_texts()
    yield _with("num_frames for an image", num_frames=8)
    yield _with("fps for an image", fps=8)
    yield _with("last_image for an image", last_image=f"uploads/{UID}/a.png")
    yield _with("mp4 for an image", output_format="mp4")
    yield _with("png for a video", MediaType.VIDEOS, output_format="png")


def _refused_texts() -> Iterator[Asked]:
    yield _with("a prompt of 2,001 characters", prompt="x" * 2_001)
    yield _with("a prompt of 1,001 characters of two units", prompt=EMOJI * 1_001)
    yield _with("a prompt that is one unit too long", prompt=EMOJI * 1_000 + "x")
    yield _with("a negative prompt of 2,001 characters", negative_prompt="x" * 2_001)
    names = {
        "empty": "",
        "with a newline after it": "a\n",
        "with a newline before it": "\na",
        "with a newline in it": "a\nb",
        "with a carriage return": "a\r",
        "with a slash": "a/b",
        "with a space": "a b",
        "that begins with a dot": ".a",
        "that climbs": "../a",
        "in another script": "модель",
        "that is a URL": "https://example.com/a",
    }
    for name, value in names.items():
        yield _with(f"a model's name {name}", model=value)
        yield _with(f"a LoRA's name {name}", lora=value)
    yield _with("a model's name with capitals", model="Safelight")
    yield _with("a model's name of 65 characters", model="m" * 65)
    yield _with("a LoRA's name of 129 characters", lora="L" * 129)
    for value in ("PNG", "png\n", "\npng", "", "gif", "svg"):
        yield _with(f"{value!r} files", output_format=value)
    for media_type, keys in UPLOADS.items():
        for key in keys:
            yield from (_with(f"{name} as {key}", media_type, **{key: path}) for name, path in NOT_UPLOADS.items())


NOT_UPLOADS = {
    "nothing": "",
    "a stranger's upload": "uploads/stranger/a.png",
    "an upload that the uid matches as a pattern": "uploads/themX|(us)/a.png",
    "an upload of a uid that begins alike": f"uploads/{UID}2/a.png",
    "the folder": f"uploads/{UID}",
    "the folder with its slash": f"uploads/{UID}/",
    "a file in a folder below": f"uploads/{UID}/a/b.png",
    "an upload with a slash after it": f"uploads/{UID}/a.png/",
    "an upload with two slashes": f"uploads/{UID}//a.png",
    "an upload with a slash before it": f"/uploads/{UID}/a.png",
    "a path that climbs": f"uploads/{UID}/../stranger/a.png",
    "the folder above": f"uploads/{UID}/..",
    "a hidden file": f"uploads/{UID}/.a",
    "an upload with a newline after it": f"uploads/{UID}/a.png\n",
    "an upload with a newline before it": f"\nuploads/{UID}/a.png",
    "an upload with a newline in it": f"uploads/{UID}/a\nb.png",
    "a stranger's after a newline": f"uploads/{UID}/a.png\nuploads/stranger/a.png",
    "an upload with a space": f"uploads/{UID}/a b.png",
    "an upload with an escaped slash": f"uploads/{UID}/a%2Fb.png",
    "an upload with a query": f"uploads/{UID}/a.png?alt=media",
    "an upload in another script": f"uploads/{UID}/картина.png",
    "a name of 129 characters": f"uploads/{UID}/{'u' * 129}",
    "something that was generated": f"generating/{UID}/image/f1.png",
    "capitals in the folder's name": f"Uploads/{UID}/a.png",
    "a URL": "https://example.com/a.png",
    "a bucket's URL": f"gs://bucket/uploads/{UID}/a.png",
    "a data URL": "data:image/png;base64,AAAA",
    "a path of this machine": "/etc/passwd",
}

# Types that Python, and so contracts/, has no word for: the functions read them as something else.
FIRESTORE_ONLY = [
    _with("a place on Earth as width", width=Raw({"geoPointValue": {"latitude": 1, "longitude": 2}})),
    _with("a reference as model", model=Raw({"referenceValue": "projects/p/databases/(default)/documents/a/b"})),
    _with("a time as seed", seed=Raw({"timestampValue": "2026-01-01T00:00:00Z"})),
    _with("minus nothing as seed", seed=Raw({"doubleValue": -0.0})),
    _with("more than 64 bits as seed", seed=Raw({"doubleValue": 2.0**63})),
]

ACCEPTED = list(_accepted())
REFUSED = list(_refused())
