"""`SweeperStore` on Firestore: two kinds of documents that only functions can read, `sweeper/...`."""

from datetime import datetime
from typing import Any

from google.api_core.retry import Retry
from google.cloud import firestore

from adapters.firestore_calls import CALL_TIMEOUT_SECONDS, FAILURES, RETRY, get, unavailable
from contracts.paths import MediaType
from contracts.ports import Mark

COLLECTION = "sweeper"


class FirestoreSweeper:
    """What the sweeper keeps in one Firestore database."""

    def __init__(self, client: firestore.Client, *, retry: Retry = RETRY) -> None:
        self._client = client
        self._retry = retry

    def mark(self, media_type: MediaType) -> Mark | None:
        """See `SweeperStore.mark`."""
        fields = self._read(media_type.value)
        return Mark(created_at=fields["created_at"], document=fields["document"]) if fields else None

    def move(self, media_type: MediaType, mark: Mark) -> None:
        """See `SweeperStore.move`."""
        self._write(media_type.value, {"created_at": mark.created_at, "document": mark.document})

    def breaker(self) -> datetime | None:
        """See `SweeperStore.breaker`."""
        until: datetime | None = self._read("breaker").get("until")
        return until

    def open_breaker(self, code: str, until: datetime) -> None:
        """See `SweeperStore.open_breaker`."""
        self._write("breaker", {"code": code, "until": until})

    def _read(self, name: str) -> dict[str, Any]:
        return get(self._client.document(COLLECTION, name), self._retry).to_dict() or {}

    def _write(self, name: str, fields: dict[str, Any]) -> None:
        document = self._client.document(COLLECTION, name)
        try:
            document.set(fields, retry=self._retry, timeout=CALL_TIMEOUT_SECONDS)
        except FAILURES as error:
            raise unavailable("write", document, error) from error
