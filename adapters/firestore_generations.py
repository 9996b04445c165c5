"""`GenerationStore` on Firestore: compare and set by the document's update time.

There are no open-ended transactions: a contended one stalls for seconds and can elect nobody, a precondition on
the update time elects exactly one at once.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.cloud import firestore

from adapters.firestore_calls import CALL_TIMEOUT_SECONDS, FAILURES, RETRY, found_by, get, unavailable
from contracts.generation import SCHEMA_VERSION, is_job, read_generation
from contracts.paths import GenerationPath, MediaType, generation_at
from contracts.ports import Applied, Creation, Mark, Overdue, Refused, StoreUnavailable
from contracts.status import Status
from contracts.transitions import Change, Reason, Snapshot, Transition

TRIES = 8
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 2.0

# Somebody else's write came first, or the answer to ours was lost: read again, then decide.
CHANGED_OR_UNKNOWN = (
    exceptions.FailedPrecondition,
    exceptions.NotFound,
    exceptions.Conflict,
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.RetryError,
)


class FirestoreGenerations:
    """The documents of one Firestore database."""

    def __init__(
        self, client: firestore.Client, *, sleep: Callable[[float], None] = time.sleep, retry: Retry = RETRY
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._retry = retry

    def read(self, path: GenerationPath) -> Snapshot | None:
        """See `GenerationStore.read`."""
        snapshot = get(self._document(path), self._retry)
        return read_generation(snapshot.to_dict()) if snapshot.exists else None

    def apply(
        self, path: GenerationPath, transition: Transition, *, after: Applied | None = None
    ) -> Applied | Refused:
        """See `GenerationStore.apply`. A version is an update time."""
        document = self._document(path)
        unsettled: list[Change] = []
        if after is not None:
            change = transition(read_generation(after.fields))
            if isinstance(change, Change):
                if written := self._write(document, change, after.version):
                    return Applied(fields=change.apply_to(after.fields), version=written)
                unsettled.append(change)
        for pause in _pauses():
            snapshot = get(document, self._retry)
            if not snapshot.exists:
                return Refused(reason=Reason.GONE)
            fields = snapshot.to_dict()
            if any(
                change.is_in(fields) for change in unsettled
            ):  # the last may be refused, and the first go through
                return Applied(fields=fields, version=snapshot.update_time)
            change = transition(read_generation(fields))
            if isinstance(change, Reason):
                return Refused(reason=change)
            if written := self._write(document, change, snapshot.update_time):
                return Applied(fields=change.apply_to(fields), version=written)
            unsettled.append(change)
            self._sleep(pause)
        msg = f"{path.document} could not be written in {TRIES} tries"
        raise StoreUnavailable(msg)

    def delete(self, path: GenerationPath, created_at: datetime | None) -> bool:
        """See `GenerationStore.delete`."""
        document = self._document(path)
        for pause in _pauses():
            snapshot = get(document, self._retry)
            if not snapshot.exists:
                return False
            if not is_job(read_generation(snapshot.to_dict()), created_at):
                return False
            try:
                document.delete(
                    option=self._unchanged(snapshot.update_time), retry=None, timeout=CALL_TIMEOUT_SECONDS
                )
            except CHANGED_OR_UNKNOWN:
                self._sleep(pause)
            except FAILURES as error:
                raise unavailable("remove", document, error) from error
            else:
                return True
        msg = f"{path.document} could not be removed in {TRIES} tries"
        raise StoreUnavailable(msg)

    def create(self, path: GenerationPath, request_data: Mapping[str, Any], retry_of: GenerationPath) -> None:
        """See `GenerationStore.create`."""
        document = self._document(path)
        fields = {
            "status": Status.QUEUED.value,
            "created_at": firestore.SERVER_TIMESTAMP,
            "user_id": path.user_id,
            "file_uid": path.file_uid,
            "schema_version": SCHEMA_VERSION,
            "request_data": dict(request_data),
            "retry_of": retry_of.document,
        }
        try:
            document.create(fields, retry=None, timeout=CALL_TIMEOUT_SECONDS)
        except FAILURES as error:
            raise unavailable("create", document, error) from error

    def overdue(self, media_type: MediaType, *, now: datetime, limit: int) -> Sequence[Overdue]:
        """See `GenerationStore.overdue`."""
        query = (
            self._client.collection_group(media_type.value)
            .where(filter=firestore.FieldFilter("lease_expires_at", "<=", now))
            .order_by("lease_expires_at")
            .limit(limit)
        )
        return [
            Overdue(path=path, created_at=_time(found.to_dict().get("created_at")))
            for found in found_by(query.select(["created_at"]), self._retry)
            if (path := generation_at(found.reference.path)) is not None
        ]

    def created(self, media_type: MediaType, *, since: Mark, until: datetime, limit: int) -> Sequence[Creation]:
        """See `GenerationStore.created`."""
        query = (
            self._client.collection_group(media_type.value)
            .where(filter=firestore.FieldFilter("created_at", "<=", until))
            .order_by("created_at")
            .order_by("__name__")
            .limit(limit)
        )
        query = query.start_after(self._cursor(since)) if since.document else query.start_at([since.created_at])
        return [
            Creation(
                path=generation_at(found.reference.path),
                mark=Mark(created_at=found.get("created_at"), document=found.reference.path),
            )
            for found in found_by(query.select(["created_at"]), self._retry)
        ]

    def _cursor(self, mark: Mark) -> dict[str, Any]:
        return {"created_at": mark.created_at, "__name__": self._client.document(mark.document)}

    def _write(self, document: Any, change: Change, read_at: object) -> Any:  # noqa: ANN401 - the library is untyped
        """The new update time, or None where the document has changed, or nobody knows."""
        fields = {**change.set, **dict.fromkeys(change.remove, firestore.DELETE_FIELD)}
        try:
            written = document.update(
                fields, option=self._unchanged(read_at), retry=None, timeout=CALL_TIMEOUT_SECONDS
            )
        except CHANGED_OR_UNKNOWN:
            return None
        except FAILURES as error:
            raise unavailable("write", document, error) from error
        return written.update_time

    def _unchanged(self, update_time: Any) -> Any:  # noqa: ANN401 - the library is untyped
        return self._client.write_option(last_update_time=update_time)

    def _document(self, path: GenerationPath) -> Any:  # noqa: ANN401 - the library is untyped
        return self._client.document("generations", path.user_id, path.media_type.value, path.file_uid)


def _time(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _pauses() -> Iterator[float]:
    """Growing pauses with full jitter, so that those who met once do not meet again."""
    for attempt in range(TRIES):
        longest = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
        yield random.uniform(0, longest)  # noqa: S311 - jitter, not a secret
