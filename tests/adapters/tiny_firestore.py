"""As much of Firestore's API as the adapters use: documents in a dict behind real gRPC.

What it does not know, it refuses; that it agrees with Firestore is what the emulator tests are for, which run
the same suites.
"""

import itertools
import threading
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

from tests.adapters.grpc_server import GrpcError, Metadata


class TinyFirestore:
    """Call it with each request's method and bytes."""

    def __init__(self) -> None:
        self._documents: dict[str, Any] = {}
        self._moments = itertools.count(1_800_000_000)
        self._lock = threading.Lock()

    def __call__(self, method: str, request: bytes, metadata: Metadata) -> list[bytes]:
        name = method.rpartition("/")[2]
        with self._lock:
            if name == "BatchGetDocuments":
                return [self._get(types.BatchGetDocumentsRequest.deserialize(request))]
            assert name == "Commit"
            return [self._commit(types.CommitRequest.deserialize(request))]

    def _get(self, request: Any) -> bytes:  # noqa: ANN401 - the library is untyped
        (name,) = request.documents
        found = self._documents.get(name)
        what = {"missing": name} if found is None else {"found": found}
        answer: bytes = types.BatchGetDocumentsResponse.serialize(
            types.BatchGetDocumentsResponse(**what, read_time={"seconds": next(self._moments)})
        )
        return answer

    def _commit(self, request: Any) -> bytes:  # noqa: ANN401 - the library is untyped
        (write,) = request.writes
        name = write.delete or write.update.name
        self._check(self._documents.get(name), write.current_document)
        moment = {"seconds": next(self._moments)}
        if write.delete:
            self._documents.pop(name, None)
        else:
            self._documents[name] = types.Document(
                name=name, fields=self._fields(name, write), create_time=moment, update_time=moment
            )
        answer: bytes = types.CommitResponse.serialize(
            types.CommitResponse(write_results=[{"update_time": moment}], commit_time=moment)
        )
        return answer

    def _check(self, found: Any, precondition: Any) -> None:  # noqa: ANN401 - the library is untyped
        if precondition.update_time:
            if found is None:
                raise GrpcError(grpc.StatusCode.NOT_FOUND)
            if found.update_time != precondition.update_time:
                raise GrpcError(grpc.StatusCode.FAILED_PRECONDITION)

    def _fields(self, name: str, write: Any) -> dict[str, Any]:  # noqa: ANN401 - the library is untyped
        given = dict(write.update.fields)
        if not write.update_mask:
            return given
        mask = set(write.update_mask.field_paths)
        kept = {key: value for key, value in self._documents[name].fields.items() if key not in mask}
        return kept | given
