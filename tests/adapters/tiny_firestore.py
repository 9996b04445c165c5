"""As much of Firestore's API as the adapters use: documents in a dict behind real gRPC.

What it does not know, it refuses; that it agrees with Firestore is what the emulator tests are for, which run
the same suites.
"""

import itertools
import operator
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
            if name == "RunQuery":
                return self._query(types.RunQueryRequest.deserialize(request))
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

    def _query(self, request: Any) -> list[bytes]:  # noqa: ANN401 - the library is untyped
        """A collection group's documents up to a time, in order, from a cursor on."""
        query = request.structured_query
        (source,) = query.from_
        assert source.all_descendants
        found = [
            document
            for name, document in self._documents.items()
            if name.split("/")[-2] == source.collection_id and _passes(document, query.where.field_filter)
        ]
        orders = [order.field.field_path for order in query.order_by]
        found = [document for document in found if _key(document, orders) is not None]
        if query.start_at.values:
            begin = [_of_cursor(value) for value in query.start_at.values]
            is_behind = operator.ge if query.start_at.before else operator.gt
            found = [document for document in found if is_behind(_key(document, orders)[: len(begin)], begin)]
        found.sort(key=lambda document: _key(document, orders))
        read_time = {"seconds": next(self._moments)}
        answers = [{"document": document} for document in found[: query.limit]] or [{}]
        return [
            types.RunQueryResponse.serialize(types.RunQueryResponse(**answer, read_time=read_time))
            for answer in answers
        ]

    def _commit(self, request: Any) -> bytes:  # noqa: ANN401 - the library is untyped
        (write,) = request.writes
        name = write.delete or write.update.name
        self._check(self._documents.get(name), write.current_document)
        moment = {"seconds": next(self._moments)}
        if write.delete:
            self._documents.pop(name, None)
        else:
            self._documents[name] = types.Document(
                name=name, fields=self._fields(name, write, moment), create_time=moment, update_time=moment
            )
        answer: bytes = types.CommitResponse.serialize(
            types.CommitResponse(write_results=[{"update_time": moment}], commit_time=moment)
        )
        return answer

    def _check(self, found: Any, precondition: Any) -> None:  # noqa: ANN401 - the library is untyped
        if precondition._pb.WhichOneof("condition_type") == "exists":
            assert precondition.exists is False
            if found is not None:
                raise GrpcError(grpc.StatusCode.ALREADY_EXISTS)
        elif precondition.update_time:
            if found is None:
                raise GrpcError(grpc.StatusCode.NOT_FOUND)
            if found.update_time != precondition.update_time:
                raise GrpcError(grpc.StatusCode.FAILED_PRECONDITION)

    def _fields(self, name: str, write: Any, moment: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        times = {change.field_path: {"timestamp_value": moment} for change in write.update_transforms}
        given = {**write.update.fields, **times}
        if not write.update_mask:
            return given
        mask = set(write.update_mask.field_paths)
        kept = {key: value for key, value in self._documents[name].fields.items() if key not in mask}
        return kept | given


def _passes(document: Any, field_filter: Any) -> bool:  # noqa: ANN401 - the library is untyped
    """A time is compared with times only."""
    assert field_filter.op == types.StructuredQuery.FieldFilter.Operator.LESS_THAN_OR_EQUAL
    field = document.fields.get(field_filter.field.field_path)
    return _is_time(field) and bool(field.timestamp_value <= field_filter.value.timestamp_value)


def _key(document: Any, orders: list[str]) -> Any:  # noqa: ANN401 - the library is untyped
    """What it is sorted by, last of all its path; None where it lacks a field, so that it is not found."""
    times = [document.fields.get(order) for order in orders if order != "__name__"]
    if not all(_is_time(time) for time in times):
        return None
    return [*(time.timestamp_value for time in times), document.name.split("/")]


def _of_cursor(value: Any) -> Any:  # noqa: ANN401 - the library is untyped
    return value.timestamp_value if _is_time(value) else value.reference_value.split("/")


def _is_time(value: Any) -> bool:  # noqa: ANN401 - the library is untyped
    return value is not None and value._pb.WhichOneof("value_type") == "timestamp_value"
