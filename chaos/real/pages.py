"""Users with accounts, whose pages ask for pictures, follow them, and change their minds. Through the rules."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from google.cloud import firestore

from contracts.command import COMMANDS, CommandType
from contracts.paths import GenerationPath, MediaType
from contracts.status import Status
from local.firebase_user import FirebaseUser
from local.firestore_json import SERVER_TIMESTAMP

USERS = 20
ENDED = {status.value for status in Status if status.is_terminal}


@dataclass(kw_only=True)
class Request:
    """One document that a page has written, and what the page has seen of it."""

    path: GenerationPath
    written: float
    """By a stopwatch, in seconds."""
    taken_back: CommandType | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    """When the document was last changed, as it was when it was first seen to have ended. Of one that was deleted:
    never."""
    status: str = ""
    seconds: float = 0.0
    """From the writing to the sight of its ending."""
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether its page waits for nothing more."""
        if self.taken_back is CommandType.DELETE:
            return self.status == "deleted"
        return self.status in ENDED


class Pages:
    """All of them."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client
        self._users = [FirebaseUser.sign_up() for _ in range(USERS)]
        self.requests: dict[str, Request] = {}
        """By `file_uid`."""

    def ask(self, file_uid: str, *, num_images: int, steps: int = 2) -> Request:
        """Write a document. The prompt is its id, so that a worker's engine knows what it paints."""
        user = self._users[len(self.requests) % USERS]
        path = GenerationPath(user_id=user.uid, media_type=MediaType.IMAGES, file_uid=file_uid)
        fields = {
            "status": Status.QUEUED.value,
            "created_at": SERVER_TIMESTAMP,
            "user_id": user.uid,
            "file_uid": file_uid,
            "request_data": {"prompt": file_uid, "num_images": num_images, "num_inference_steps": steps},
        }
        user.create(path.document, fields).raise_for_status()
        request = Request(path=path, written=time.monotonic())
        self.requests[file_uid] = request
        return request

    def take_back(self, request: Request, kind: CommandType, command_id: str) -> None:
        """Write a command."""
        user = next(user for user in self._users if user.uid == request.path.user_id)
        request.taken_back = kind
        command = {
            "type": kind.value,
            "media_type": request.path.media_type.value,
            "file_uid": request.path.file_uid,
            "created_at": SERVER_TIMESTAMP,
        }
        user.create(f"generations/{user.uid}/{COMMANDS}/{command_id}", command).raise_for_status()

    def look(self) -> list[Request]:
        """See what has become of those that are open. They are: those that still are."""
        open_ = [request for request in self.requests.values() if not request.is_over]
        for request, snapshot in self._read(open_):
            if snapshot.exists:
                request.fields = snapshot.to_dict()
                request.created_at = request.fields["created_at"]
            self._note(request, snapshot)
        return [request for request in open_ if not request.is_over]

    def look_at_all(self) -> Iterator[tuple[Request, Any]]:
        """Every request, with its document as it is now."""
        return self._read(list(self.requests.values()))

    def _note(self, request: Request, snapshot: Any) -> None:  # noqa: ANN401 - the library is untyped
        status = request.fields.get("status", "") if snapshot.exists else "deleted"
        if status in ENDED and request.ended_at is None:
            request.ended_at = snapshot.update_time
        request.status = status
        if request.is_over:
            request.seconds = time.monotonic() - request.written

    def _read(self, requests: list[Request]) -> Iterator[tuple[Request, Any]]:
        by_document = {request.path.document: request for request in requests}
        references = [self._client.document(document) for document in by_document]
        for snapshot in self._client.get_all(references) if references else ():
            yield by_document[snapshot.reference.path], snapshot
