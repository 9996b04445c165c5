"""`GenerationStore` on Firestore: compare and set by the document's update time.

There are no open-ended transactions: a contended one stalls for seconds and can elect nobody, a precondition on
the update time elects exactly one at once.
"""

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.cloud import firestore

from adapters.firestore_calls import CALL_TIMEOUT_SECONDS, FAILURES, RETRY, get, unavailable
from contracts.generation import Generation, read_generation, same_moment
from contracts.paths import GenerationPath
from contracts.ports import Applied, Refused, StoreUnavailable
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

    def apply(self, path: GenerationPath, transition: Transition) -> Applied | Refused:
        """See `GenerationStore.apply`."""
        document = self._document(path)
        unsettled: Change | None = None
        for pause in _pauses():
            snapshot = get(document, self._retry)
            if not snapshot.exists:
                return Refused(reason=Reason.GONE)
            fields = snapshot.to_dict()
            if unsettled is not None and unsettled.is_in(fields):
                return Applied(fields=fields)
            change = transition(read_generation(fields))
            if isinstance(change, Reason):
                return Refused(reason=change)
            if self._write(document, change, snapshot.update_time):
                return Applied(fields=change.apply_to(fields))
            unsettled = change
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
            generation = read_generation(snapshot.to_dict())
            if created_at is not None and not _is_job(generation, created_at):
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

    def _write(self, document: Any, change: Change, read_at: Any) -> bool:  # noqa: ANN401 - the library is untyped
        fields = {**change.set, **dict.fromkeys(change.remove, firestore.DELETE_FIELD)}
        try:
            document.update(fields, option=self._unchanged(read_at), retry=None, timeout=CALL_TIMEOUT_SECONDS)
        except CHANGED_OR_UNKNOWN:
            return False
        except FAILURES as error:
            raise unavailable("write", document, error) from error
        return True

    def _unchanged(self, update_time: Any) -> Any:  # noqa: ANN401 - the library is untyped
        return self._client.write_option(last_update_time=update_time)

    def _document(self, path: GenerationPath) -> Any:  # noqa: ANN401 - the library is untyped
        return self._client.document("generations", path.user_id, path.media_type.value, path.file_uid)


def _is_job(generation: Snapshot, created_at: datetime) -> bool:
    return isinstance(generation, Generation) and same_moment(generation.created_at, created_at)


def _pauses() -> Iterator[float]:
    """Growing pauses with full jitter, so that those who met once do not meet again."""
    for attempt in range(TRIES):
        longest = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
        yield random.uniform(0, longest)  # noqa: S311 - jitter, not a secret
