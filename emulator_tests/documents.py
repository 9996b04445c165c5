"""Writing requests as a page does, and waiting for what becomes of them."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from local.firebase_user import FirebaseUser
from local.firestore_json import SERVER_TIMESTAMP

PATIENCE_SECONDS = 120.0
ENDINGS = {"completed", "failed", "cancelled"}


def creation(user: FirebaseUser, file_uid: str, request_data: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": "queued",
        "created_at": SERVER_TIMESTAMP,
        "user_id": user.uid,
        "file_uid": file_uid,
        "schema_version": 1,
        "request_data": request_data,
    }


def request(user: FirebaseUser, media_type: str, **request_data: Any) -> str:  # noqa: ANN401 - any scalar
    """Create a document through the rules. Its path."""
    file_uid = uuid.uuid4().hex
    path = f"generations/{user.uid}/{media_type}/{file_uid}"
    answer = user.create(path, creation(user, file_uid, request_data))
    assert answer.ok, answer.text
    return path


def command(user: FirebaseUser, kind: str, path: str) -> str:
    """Write a command about a generation through the rules. The command's path."""
    _, _, media_type, file_uid = path.split("/")
    command_path = f"generations/{user.uid}/commands/{uuid.uuid4().hex}"
    fields = {"type": kind, "media_type": media_type, "file_uid": file_uid, "created_at": SERVER_TIMESTAMP}
    answer = user.create(command_path, fields)
    assert answer.ok, answer.text
    return command_path


def wait_for(
    user: FirebaseUser, path: str, what: Callable[[dict[str, Any] | None], bool]
) -> dict[str, Any] | None:
    """Read the document until `what` is true of it (None: it is not there)."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what(document := user.read(path)):
        assert time.monotonic() < deadline, f"{path} is still {document}"
        time.sleep(0.05)
    return document


def wait_for_end(user: FirebaseUser, path: str) -> dict[str, Any]:
    document = wait_for(user, path, lambda found: found is not None and found["status"] in ENDINGS)
    assert document is not None
    return document


def wait_for_status(user: FirebaseUser, path: str, status: str) -> dict[str, Any]:
    document = wait_for(user, path, lambda found: found is not None and found["status"] == status)
    assert document is not None
    return document
