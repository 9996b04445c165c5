"""`SweeperStore` on Firestore: two kinds of documents that only functions can read, `sweeper/...`."""

from datetime import datetime
from typing import Any

from google.api_core import exceptions
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

    def open_breaker(self, code: str, *, now: datetime, until: datetime) -> bool:
        """See `SweeperStore.open_breaker`. Compare and set: of many at once, one opens it."""
        document = self._client.document(COLLECTION, "breaker")
        found = get(document, self._retry)
        if found.exists and now < found.get("until"):
            return False
        fields = {"code": code, "until": until}
        how: dict[str, Any] = {"retry": self._retry, "timeout": CALL_TIMEOUT_SECONDS}
        try:
            if found.exists:
                unchanged = self._client.write_option(last_update_time=found.update_time)
                document.update(fields, option=unchanged, **how)
            else:
                document.create(fields, **how)
        except (exceptions.Conflict, exceptions.FailedPrecondition):
            return False
        except FAILURES as error:
            raise unavailable("write", document, error) from error
        return True

    def _read(self, name: str) -> dict[str, Any]:
        return get(self._client.document(COLLECTION, name), self._retry).to_dict() or {}

    def _write(self, name: str, fields: dict[str, Any]) -> None:
        document = self._client.document(COLLECTION, name)
        try:
            document.set(fields, retry=self._retry, timeout=CALL_TIMEOUT_SECONDS)
        except FAILURES as error:
            raise unavailable("write", document, error) from error
