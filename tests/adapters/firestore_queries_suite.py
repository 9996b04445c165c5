"""What `FirestoreGenerations` makes of queries that fail, and of what lies where no generation can be."""

import grpc
import pytest

from adapters.firestore_calls import RETRY
from adapters.firestore_generations import FirestoreGenerations
from contracts.paths import MediaType
from contracts.ports import Creation, Mark, StoreUnavailable
from tests.adapters.firestore_documents import FirestoreDocuments
from tests.adapters.firestore_faults_suite import FOR_GOOD, PASSING, named
from tests.adapters.generation_queries_suite import BEFORE_ALL, FAR_AHEAD, IN_ORDER, at, mark, overdue
from tests.adapters.grpc_server import Fault
from tests.contracts.documents import CREATED_AT, DISPATCHED

IMAGES = MediaType.IMAGES
ELSEWHERE = ["elsewhere/u1/images/f1", "generations/u1/images/f1/images/f2", "images/f1"]
PASSING_IN_A_QUERY = [code for code in PASSING if code is not grpc.StatusCode.ABORTED]


class FirestoreQueriesSuite:
    def test_what_lies_elsewhere_is_never_overdue(self, documents: FirestoreDocuments) -> None:
        documents.put(at("u1"), DISPATCHED)
        for document in ELSEWHERE:
            documents.put_at(document, DISPATCHED)

        assert documents.store.overdue(IMAGES, now=FAR_AHEAD, limit=10) == overdue(at("u1"))

    def test_what_lies_elsewhere_moves_the_mark_and_is_nobodys(self, documents: FirestoreDocuments) -> None:
        for document in ELSEWHERE:
            documents.put_at(document, DISPATCHED)

        found = documents.store.created(IMAGES, since=BEFORE_ALL, until=FAR_AHEAD, limit=10)

        marks = sorted(Mark(created_at=CREATED_AT, document=document) for document in ELSEWHERE)
        assert found == [Creation(path=None, mark=mark) for mark in marks]
        assert documents.store.created(IMAGES, since=marks[-1], until=FAR_AHEAD, limit=10) == []

    @pytest.mark.parametrize("code", PASSING_IN_A_QUERY, ids=named)
    def test_a_query_that_fails_in_passing_is_asked_again_from_the_same_mark(
        self, documents: FirestoreDocuments, code: grpc.StatusCode
    ) -> None:
        for path in IN_ORDER:
            documents.put(path, DISPATCHED)
        documents.server.faults.extend([Fault(method="RunQuery", code=code)] * 2)

        found = documents.store.created(IMAGES, since=mark(IN_ORDER[1]), until=FAR_AHEAD, limit=3)

        assert [creation.path for creation in found] == IN_ORDER[2:5]
        assert documents.calls_of_store("RunQuery") == 3

    @pytest.mark.parametrize("after", [1, 2])
    def test_a_query_that_fails_halfway_finds_neither_more_nor_less(
        self, documents: FirestoreDocuments, after: int
    ) -> None:
        for path in IN_ORDER:
            documents.put(path, DISPATCHED)
        documents.server.faults.extend([Fault(method="RunQuery", after=after)] * 2)

        created = documents.store.created(IMAGES, since=mark(IN_ORDER[1]), until=FAR_AHEAD, limit=3)
        found = documents.store.overdue(IMAGES, now=FAR_AHEAD, limit=3)

        assert [creation.path for creation in created] == IN_ORDER[2:5]
        assert found == overdue(*IN_ORDER[:3])

    def test_a_query_that_fails_halfway_for_ever_is_given_up(self, documents: FirestoreDocuments) -> None:
        for path in IN_ORDER:
            documents.put(path, DISPATCHED)
        patient = RETRY.with_timeout(0.5).with_delay(initial=0.01, maximum=0.05)
        store = FirestoreGenerations(documents.client, retry=patient)
        documents.server.faults.extend([Fault(method="RunQuery", after=1)] * 1_000)

        with pytest.raises(StoreUnavailable, match=r"^Firestore could not answer a query: "):
            store.overdue(IMAGES, now=FAR_AHEAD, limit=3)

    @pytest.mark.parametrize("code", FOR_GOOD, ids=named)
    def test_a_query_that_is_refused_for_good_is_not_repeated(
        self, documents: FirestoreDocuments, code: grpc.StatusCode
    ) -> None:
        documents.server.faults.extend([Fault(method="RunQuery", code=code)] * 2)

        with pytest.raises(StoreUnavailable, match=r"^Firestore could not answer a query: "):
            documents.store.overdue(IMAGES, now=FAR_AHEAD, limit=10)
        with pytest.raises(StoreUnavailable, match=r"^Firestore could not answer a query: "):
            documents.store.created(IMAGES, since=BEFORE_ALL, until=FAR_AHEAD, limit=10)
        assert documents.calls_of_store("RunQuery") == 2

    def test_a_creation_is_never_sent_twice(self, documents: FirestoreDocuments) -> None:
        """Whoever asked for it reads that it failed, and asks again under a new id."""
        documents.server.faults.append(Fault(method="Commit"))

        with pytest.raises(StoreUnavailable, match=at("u1").document):
            documents.store.create(at("u1"), {"prompt": ""}, retry_of=at("u1", "f0"))
        assert documents.calls_of_store("Commit") == 1
