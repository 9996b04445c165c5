"""What an object in the bucket says of itself, so that a later attempt can adopt it.

A generation's objects carry in their metadata which job made them and all that `generation_data` needs but the
URLs. An attempt that finds a complete set of its own job completes the document with it and spends no GPU time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from contracts.errors import ErrorCode, RequestInvalid
from contracts.generation import Generation, Malformed, same_moment
from contracts.generation_data import ImageData, VideoData
from contracts.paths import GenerationPath, MediaType
from contracts.status import Status

DOWNLOAD_TOKEN = "firebaseStorageDownloadTokens"  # noqa: S105 - the key's name, which Firebase chose
FILES_OF_A_VIDEO = ("video_url", "poster_url", "thumbnail_url")
"""What `generation_data` calls their URLs, in the order of the objects."""
FILES_BEFORE_THUMBNAILS = 2


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One object, as a bucket lists it."""

    name: str
    generation: int
    """Cloud Storage's number for this version of the object."""
    metadata: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class File:
    """One file to store."""

    name: str
    """The object's name."""
    content: bytes
    content_type: str
    sha256: str


def describe(
    path: GenerationPath,
    *,
    created_at: datetime,
    attempt: int,
    files: Sequence[File],
    facts: Mapping[str, Any],
) -> list[dict[str, str]]:
    """The metadata of each file: whose it is, which of how many, and `facts`, the rest of `generation_data`."""
    common = {
        "document": path.document,
        "created_at": created_at.isoformat(),
        "attempt": str(attempt),
        "objects": json.dumps([file.name for file in files]),
        "generation_data": json.dumps(
            {
                **facts,
                "sha256": [file.sha256 for file in files],
                "bytes": [len(file.content) for file in files],
            }
        ),
    }
    return [{**common, "sha256": file.sha256} for file in files]


def belongs_to(path: GenerationPath, stored: StoredObject) -> bool:
    """Whether this generation, or an earlier one under the same id, made it."""
    return stored.metadata.get("document") == path.document


def of_this_job(path: GenerationPath, created_at: datetime, found: Sequence[StoredObject]) -> list[StoredObject]:
    """Those that this very job made, and no earlier or later one under the same id."""
    return [
        stored for stored in found if (made_for := made_at(path, stored)) and same_moment(made_for, created_at)
    ]


def of_later_jobs(path: GenerationPath, created_at: datetime, found: Sequence[StoredObject]) -> list[StoredObject]:
    """Those of a generation that was created under the same id after this one was deleted."""
    return [stored for stored in found if (made_for := made_at(path, stored)) and made_for > created_at]


def complete_set(
    path: GenerationPath, created_at: datetime, found: Sequence[StoredObject]
) -> list[StoredObject] | None:
    """All objects of this very job, in order, if none is missing and `generation_data` can be read from them.

    Where it cannot, as after a release that asks for more, they are no set: another attempt stores over them.
    """
    mine = {stored.name: stored for stored in of_this_job(path, created_at, found)}
    for stored in mine.values():
        names = _names_of_set(stored)
        same_attempt = [
            mine[name]
            for name in names
            if name in mine and mine[name].metadata.get("attempt") == stored.metadata.get("attempt")
        ]
        if len(same_attempt) == len(names) and _can_be_read(path.media_type, same_attempt):
            return same_attempt
    return None


def _names_of_set(stored: StoredObject) -> list[str]:
    try:
        names = json.loads(stored.metadata["objects"])
    except (KeyError, ValueError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _can_be_read(media_type: MediaType, whole_set: Sequence[StoredObject]) -> bool:
    if not whole_set or "attempt" not in whole_set[0].metadata:
        return False
    try:
        build_generation_data(media_type, whole_set[0].metadata, [stored.name for stored in whole_set])
    except (KeyError, TypeError, ValueError):
        return False
    return True


def check_names_free(path: GenerationPath, names: Sequence[str], found: Sequence[StoredObject]) -> None:
    """Raise `RequestInvalid` where another generation's file has a name that this one needs."""
    for stored in found:
        if stored.name in names and not belongs_to(path, stored):
            raise RequestInvalid(
                "file_uid",
                "another generation already has a file of this name; choose another file_uid",
                ErrorCode.OBJECT_TAKEN,
            )


def are_wanted(found: Generation | Malformed | None, created_at: datetime) -> bool:
    """Whether the files of the job created then can still be somebody's, by what its document says now.

    A completed document that cannot be read, as from another release, keeps its files all the same.
    """
    if isinstance(found, Malformed):
        of, completed = found.fields.get("created_at"), found.fields.get("status") == Status.COMPLETED
        return completed and isinstance(of, datetime) and same_moment(of, created_at)
    if found is None or not same_moment(found.created_at, created_at):
        return False
    return found.status is Status.COMPLETED or not found.is_terminal


def build_generation_data(
    media_type: MediaType, metadata: Mapping[str, str], urls: Sequence[str]
) -> ImageData | VideoData:
    """`generation_data` from an object's metadata and the URLs of all objects, in order."""
    return as_generation_data(
        media_type, json.loads(metadata["generation_data"]), json.loads(metadata["objects"]), urls
    )


def as_generation_data(
    media_type: MediaType, facts: Mapping[str, Any], names: Sequence[str], urls: Sequence[str]
) -> ImageData | VideoData:
    """`generation_data` from the facts about these objects. Raises `ValueError` where they are none."""
    objects = {"object_paths": list(names)}
    if media_type is MediaType.IMAGES:
        return ImageData.model_validate({**facts, **objects, "image_urls": list(urls)})
    if not FILES_BEFORE_THUMBNAILS <= len(urls) <= len(FILES_OF_A_VIDEO):
        msg = "a video has three files, itself, its poster and its thumbnail, and an older one no thumbnail"
        raise ValueError(msg)
    return VideoData.model_validate({**facts, **objects, **dict(zip_longest(FILES_OF_A_VIDEO, urls))})


def made_at(path: GenerationPath, stored: StoredObject) -> datetime | None:
    """When the generation was created that made this under the given id; None where it does not say."""
    if not belongs_to(path, stored):
        return None
    try:
        created_at = datetime.fromisoformat(stored.metadata["created_at"])
    except (KeyError, ValueError):
        return None
    return created_at if created_at.tzinfo else None
