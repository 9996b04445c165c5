"""Files in a RunPod result, because Storage did not take them: each is checked before it is believed."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.paths import GenerationPath
from contracts.request import MAX_SAFE_INTEGER
from contracts.runpod_job import MAX_RETURNED_BYTES, Outcome
from contracts.stored_object import File, as_generation_data

MAX_BASE64_LENGTH = MAX_RETURNED_BYTES * 4 // 3 + 4
MAX_FILES = 8
MAX_FACTS_LENGTH = 2_000  # of their JSON: Cloud Storage takes 8 KiB of metadata with an object
OF_FILES = {"object_paths", "image_urls", "video_url", "poster_url", "thumbnail_url", "sha256", "bytes"}
"""What `generation_data` says of the files themselves; the rest are facts."""


class _ReturnedFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    object_path: str
    content_type: Literal["image/png", "image/jpeg", "image/webp", "video/mp4"]
    sha256: str
    base64: Annotated[str, Field(min_length=1, max_length=MAX_BASE64_LENGTH)]


class _Returned(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    facts: dict[str, Any]
    files: Annotated[list[_ReturnedFile], Field(min_length=1, max_length=MAX_FILES)]


def returned_files(path: GenerationPath, output: object) -> tuple[list[File], Mapping[str, Any]] | None:
    """The files of this generation and the facts about them, if a result holds them whole; None if it does not."""
    if not isinstance(output, Mapping) or output.get("outcome") != Outcome.RETURNED:
        return None
    try:
        returned = _Returned.model_validate(dict(output))
    except ValidationError:
        return None
    files = [_file(returned_file) for returned_file in returned.files]
    whole = [file for file in files if file is not None and path.may_own(file.name)]
    facts = _facts(path, returned.facts, whole)
    return None if facts is None or not _are_all(whole, files) else (whole, facts)


def encode_files(files: Sequence[File]) -> list[dict[str, str]]:
    """The files as a RunPod result holds them."""
    return [
        {
            "object_path": file.name,
            "content_type": file.content_type,
            "sha256": file.sha256,
            "base64": base64.b64encode(file.content).decode(),
        }
        for file in files
    ]


def _are_all(whole: Sequence[File], files: Sequence[File | None]) -> bool:
    return len(whole) == len(files) == len({file.name for file in whole})


def _file(returned: _ReturnedFile) -> File | None:
    try:
        content = base64.b64decode(returned.base64, validate=True)
    except (binascii.Error, ValueError):
        return None
    if hashlib.sha256(content).hexdigest() != returned.sha256:
        return None
    return File(
        name=returned.object_path,
        content=content,
        content_type=returned.content_type,
        sha256=returned.sha256,
    )


def _facts(path: GenerationPath, facts: Mapping[str, Any], files: Sequence[File]) -> Mapping[str, Any] | None:
    """Those that `generation_data` has a place for.

    Once a file is stored with facts that are none, nobody can complete its document any more.
    """
    names = [file.name for file in files]
    of_files = {"sha256": [file.sha256 for file in files], "bytes": [len(file.content) for file in files]}
    try:
        data = as_generation_data(path.media_type, {**facts, **of_files}, names, urls=names)
    except ValueError:
        return None
    known = data.model_dump(exclude=OF_FILES, exclude_none=True)
    fits = len(json.dumps(known)) <= MAX_FACTS_LENGTH
    safe = all(abs(value) <= MAX_SAFE_INTEGER for value in known.values() if isinstance(value, int))
    return known if fits and safe else None
