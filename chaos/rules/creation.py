"""A document that somebody asks Firestore to create, and what contracts/ would say of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.command import COMMANDS, Command
from contracts.errors import RequestInvalid
from contracts.generation import CREATION_KEYS, CREATION_REQUIRED_KEYS, Generation, check_identity
from contracts.paths import generation_at, is_upload_of
from contracts.request import UPLOAD_FIELDS
from contracts.status import Status
from contracts.validation import parse_request
from local.firebase_user import FirebaseUser, creating
from local.firestore_json import ServerTimestamp

COMMITTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
PARTS_OF_A_PATH = 4


@dataclass(frozen=True, kw_only=True)
class Creation:
    """Who asks for which document, and where."""

    user: FirebaseUser
    path: str
    fields: Mapping[str, Any]
    """A server timestamp and types that Python has no word for may be among them, see `firestore_json`."""

    @property
    def document_id(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def write(self) -> dict[str, Any]:
        """The write of a commit."""
        return creating(self.path, self.fields)


def contracts_accept(creation: Creation) -> bool:
    """Whether the functions would take it on. Who wrote it, and by whose clock, they cannot see."""
    fields = {
        key: COMMITTED_AT if isinstance(value, ServerTimestamp) else value
        for key, value in creation.fields.items()
    }
    try:
        return _is_command(creation.path, fields) or _is_generation(creation.path, fields)
    except RequestInvalid:
        return False


def _is_command(path: str, fields: Mapping[str, Any]) -> bool:
    parts = path.split("/")
    if len(parts) != PARTS_OF_A_PATH or parts[0] != "generations" or parts[2] != COMMANDS:
        return False
    Command.from_fields(fields).target(parts[1]).check()
    return True


def _is_generation(document: str, fields: Mapping[str, Any]) -> bool:
    path = generation_at(document)
    if path is None or not set(CREATION_REQUIRED_KEYS) <= fields.keys() <= set(CREATION_KEYS):
        return False
    generation = Generation.from_fields(fields)
    check_identity(generation, path)
    asked = parse_request(path.media_type, generation.request_data).model_dump(exclude_unset=True)
    uploads = [asked[field] for field in UPLOAD_FIELDS if field in asked]
    return generation.status is Status.QUEUED and all(is_upload_of(path.user_id, upload) for upload in uploads)
