"""Files in a RunPod result, because Storage did not take them: each is checked before it is believed."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.paths import GenerationPath
from contracts.runpod_job import MAX_RETURNED_BYTES, Outcome
from contracts.stored_object import File, build_generation_data, describe

MAX_BASE64_LENGTH = MAX_RETURNED_BYTES * 4 // 3 + 4
MAX_FILES = 8
SOME_TIME = datetime.min.replace(tzinfo=UTC)


class _ReturnedFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    object_path: str
    content_type: str
    sha256: str
    base64: Annotated[str, Field(max_length=MAX_BASE64_LENGTH)]


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
    if len(whole) != len(files) or not _belong_together(path, whole, returned.facts):
        return None
    return whole, returned.facts


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


def _belong_together(path: GenerationPath, files: Sequence[File], facts: Mapping[str, Any]) -> bool:
    """Whether a document could be completed with them: whoever adopts them later must not stumble."""
    if len({file.name for file in files}) < len(files):
        return False
    metadata = describe(path, created_at=SOME_TIME, attempt=1, files=files, facts=facts)[0]
    try:
        build_generation_data(path.media_type, metadata, ["" for _ in files])
    except (ValidationError, IndexError):  # IndexError: a video without its poster
        return False
    return True


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
