"""The limits of contracts/ are in the rules and in the client, one by one."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from contracts.paths import MediaType
from contracts.request import REQUEST_MODELS
from contracts.uploads import MAX_UPLOAD_BYTES, UPLOAD_CONTENT_TYPES
from tests.contracts.json_schema import SCHEMA

RULES = Path("firestore.rules").read_text(encoding="utf-8")
LIMITS_TS = Path("web/client/generated/limits.ts").read_text(encoding="utf-8")
FUNCTIONS = {MediaType.IMAGES: "image_request", MediaType.VIDEOS: "video_request"}
NAMES = {MediaType.IMAGES: "ImageRequest", MediaType.VIDEOS: "VideoRequest"}


def rule_of(media_type: MediaType, key: str) -> list[Any]:
    """How the rules check a key: the function's name and the limits that it is called with."""
    body = RULES.partition(f"function {FUNCTIONS[media_type]}(")[2].partition("    }\n")[0]
    ((check, limits),) = re.findall(rf"&& (\w+)\(data, '{key}'(?:, user_id)?, (.*)\)", body)
    return [check, *json.loads(f"[{limits}]".replace("'", '"').replace("[[", "[").replace("]]", "]"))]


def limit_of(media_type: MediaType, key: str) -> list[Any]:
    """The same, as contracts/ has it."""
    limit = SCHEMA["$defs"][NAMES[media_type]]["properties"][key]
    if limit.get("x-upload"):
        return ["upload", limit["x-max-utf16-units"]]
    if "x-max-utf16-units" in limit:
        return ["text", limit["x-max-utf16-units"]]
    if "pattern" in limit:
        return ["named", limit["pattern"]]
    if limit["type"] == "string":
        return ["one_of", *limit.get("enum", [limit.get("const")])]
    return ["whole" if limit["type"] == "integer" else "decimal", limit["minimum"], limit["maximum"]]


@pytest.mark.parametrize("media_type", MediaType)
def test_every_key_has_its_limits_in_the_rules(media_type: MediaType) -> None:
    for key in REQUEST_MODELS[media_type].model_fields:
        assert rule_of(media_type, key) == limit_of(media_type, key)


@pytest.mark.parametrize("media_type", MediaType)
def test_every_key_has_its_limits_in_the_client(media_type: MediaType) -> None:
    client = json.loads(LIMITS_TS.partition("limits = ")[2].partition(" as const")[0])[media_type.value]

    assert client == SCHEMA["$defs"][NAMES[media_type]]["properties"]


def test_what_may_be_uploaded_is_what_a_worker_reads() -> None:
    storage = Path("storage.rules").read_text(encoding="utf-8")

    assert f"length > 0 && length <= {MAX_UPLOAD_BYTES};" in storage
    assert f"content_type in {list(UPLOAD_CONTENT_TYPES)};" in storage
    assert "&& upload_size(request.resource.size)" in storage
    assert "&& upload_type(request.resource.contentType)" in storage
