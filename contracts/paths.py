"""Where a generation lives: its document, its objects, and the uploads it may start from.

Paths are built here and nowhere else, always from the event's parameters and never from a field of the body.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from contracts.errors import RequestInvalid

FILE_UID_PATTERN = "[A-Za-z0-9_-]{1,128}"
RESERVED_ID_PATTERN = "__.*__"
"""Ids that Firestore keeps for itself, and refuses to read or write."""
UPLOAD_NAME_PATTERN = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"
OBJECTS = "generating/"
"""What the names of all objects of all generations begin with."""
PARTS_OF_A_PATH = 4
MAX_USER_ID_LENGTH = 128  # https://firebase.google.com/docs/auth/admin/manage-users#create_a_user


class MediaType(StrEnum):
    """The collection that a generation's document is in, which says what it becomes."""

    IMAGES = "images"
    VIDEOS = "videos"

    @property
    def file_type(self) -> str:
        """The folder of its objects: `image` or `video`."""
        return self.value.removesuffix("s")


@dataclass(frozen=True, kw_only=True)
class GenerationPath:
    """Which generation: the three parameters of `generations/{user_id}/{media_type}/{file_uid}`.

    Any document id can stand here, because a document with a bad id must still be told so. Whatever
    names an object calls `check` first.
    """

    user_id: str
    media_type: MediaType
    file_uid: str

    @property
    def document(self) -> str:
        """The document's path."""
        return f"generations/{self.user_id}/{self.media_type}/{self.file_uid}"

    def check(self) -> None:
        """Raise `RequestInvalid` unless both ids are ones that the contract allows."""
        if not is_user_id(self.user_id):
            raise RequestInvalid("user_id", "user_id is not an id that Firebase Authentication gives")
        if not re.fullmatch(FILE_UID_PATTERN, self.file_uid) or _is_reserved(self.file_uid):
            raise RequestInvalid(
                "file_uid",
                "file_uid must be 1 to 128 characters out of A-Z a-z 0-9 _ and -, and not __like_this__",
            )

    @property
    def object_stem(self) -> str:
        """What the names of all its objects begin with."""
        self.check()
        return f"{OBJECTS}{self.user_id}/{self.media_type.file_type}/{self.file_uid}"

    def object_names(self, extension: str, count: int) -> list[str]:
        """The names of `count` objects of one kind: one has no number, several are numbered from 0."""
        if count == 1:
            return [f"{self.object_stem}.{extension}"]
        return [f"{self.object_stem}_{index}.{extension}" for index in range(count)]

    def may_own(self, object_name: str) -> bool:
        """Whether an object of this name can be one of this generation's.

        The name alone does not prove it: `f_0.png` can belong to `f` (several images) and to `f_0` (one).
        The object's metadata says which, see `stored_object`.
        """
        tail = object_name.removeprefix(self.object_stem)
        return tail != object_name and re.fullmatch(r"(_\d+)?\.[a-z0-9]+", tail) is not None


def generation_at(document: str) -> GenerationPath | None:
    """Which generation has a document of this path, `generations/...`; None where it is none of ours."""
    parts = document.split("/")
    if len(parts) != PARTS_OF_A_PATH or not all(parts):
        return None  # Firestore has no empty ids, but object metadata can hold any text
    if parts[0] != "generations" or parts[2] not in set(MediaType):
        return None
    return GenerationPath(user_id=parts[1], media_type=MediaType(parts[2]), file_uid=parts[3])


def is_user_id(user_id: str) -> bool:
    """Whether this can be a Firebase uid that is also a document id.

    Source of the second half: https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields
    """
    return (
        1 <= len(user_id) <= MAX_USER_ID_LENGTH
        and "/" not in user_id
        and user_id not in {".", ".."}
        and not _is_reserved(user_id)
        and user_id.isprintable()
    )


def _is_reserved(document_id: str) -> bool:
    return re.fullmatch(RESERVED_ID_PATTERN, document_id, re.DOTALL) is not None


def is_upload_of(user_id: str, object_name: str) -> bool:
    """Whether this names one of the user's own uploads: `uploads/{user_id}/{name}`."""
    folder, _, name = object_name.rpartition("/")
    return folder == f"uploads/{user_id}" and re.fullmatch(UPLOAD_NAME_PATTERN, name) is not None
