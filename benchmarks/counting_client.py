"""A Firestore client that counts what is paid for: documents that are written, and documents that are read."""

import threading
from collections import Counter
from typing import Any

from google.api_core import exceptions
from google.cloud import firestore

HEARTBEAT = "heartbeat"
"""How the worker's thread is called that tells of progress and looks for a cancel."""


class CountingClient(firestore.Client):
    """Counts at the last moment before the wire, so that whatever the library tries again counts again."""

    def __init__(self, project: str) -> None:
        super().__init__(project=project)
        self.counts: Counter[str] = Counter()
        """`writes`, `reads`, and `stopped` by a precondition; what ends in `of progress` was the heartbeat's."""
        self._lock = threading.Lock()

    @property
    def _firestore_api(self) -> Any:  # noqa: ANN401 - the library is untyped
        return _CountingApi(super()._firestore_api, self._count)

    def _count(self, what: str, documents: int) -> None:
        of_progress = threading.current_thread().name == HEARTBEAT
        with self._lock:
            self.counts[f"{what} of progress" if of_progress else what] += documents


class _CountingApi:
    def __init__(self, api: Any, count: Any) -> None:  # noqa: ANN401 - as above
        self._api = api
        self._count = count

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        return getattr(self._api, name)

    def commit(self, request: Any, **how: Any) -> Any:  # noqa: ANN401 - as above
        try:
            committed = self._api.commit(request=request, **how)
        except exceptions.GoogleAPICallError:
            self._count("stopped", len(request["writes"]))
            raise
        self._count("writes", len(request["writes"]))
        return committed

    def batch_get_documents(self, request: Any, **how: Any) -> Any:  # noqa: ANN401 - as above
        self._count("reads", len(request["documents"]))
        return self._api.batch_get_documents(request=request, **how)
