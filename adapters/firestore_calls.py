"""Reading a document, and how long to go on trying: what the Firestore adapters share."""

from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type

from contracts.ports import StoreUnavailable

CALL_TIMEOUT_SECONDS = 5.0
QUERY_TIMEOUT_SECONDS = 20.0
GIVE_UP_AFTER_SECONDS = 10.0
# The library's own goes on for 300 s: longer than a function lives, or a worker may be deaf to a cancel.
RETRY = Retry(
    predicate=if_exception_type(
        exceptions.DeadlineExceeded,
        exceptions.InternalServerError,
        exceptions.ResourceExhausted,
        exceptions.ServiceUnavailable,
    ),
    initial=0.1,
    maximum=1.0,
    timeout=GIVE_UP_AFTER_SECONDS,
)
# A query that breaks off halfway the library goes on with by itself, without a pause or an end, and finds more
# than the limit that way. So it must not try again at all; `found_by` does, from the beginning.
NO_RETRY = Retry(predicate=if_exception_type(), timeout=QUERY_TIMEOUT_SECONDS)
FAILURES = (exceptions.GoogleAPICallError, exceptions.RetryError)


def get(document: Any, retry: Retry = RETRY) -> Any:  # noqa: ANN401 - the library is untyped
    """The document's snapshot, whether it exists or not. Raises `StoreUnavailable`."""
    try:
        return document.get(retry=retry, timeout=CALL_TIMEOUT_SECONDS)
    except FAILURES as error:
        raise unavailable("read", document, error) from error


def found_by(query: Any, retry: Retry = RETRY) -> list[Any]:  # noqa: ANN401 - the library is untyped
    """The documents that a query finds. Raises `StoreUnavailable`."""

    def ask() -> list[Any]:
        return list(query.stream(retry=NO_RETRY, timeout=QUERY_TIMEOUT_SECONDS))

    try:
        found: list[Any] = retry(ask)()
    except FAILURES as error:
        msg = f"Firestore could not answer a query: {type(error).__name__}"
        raise StoreUnavailable(msg) from error
    return found


def unavailable(verb: str, document: Any, error: Exception) -> StoreUnavailable:  # noqa: ANN401 - see above
    """What a port says instead of Firestore's own errors."""
    return StoreUnavailable(f"Firestore could not {verb} {document.path}: {type(error).__name__}")
