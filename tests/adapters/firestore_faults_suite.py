"""What `FirestoreGenerations` makes of calls that fail, on whichever Firestore lies behind the faulty server."""

from datetime import timedelta
from functools import partial

import grpc
import pytest

from adapters.firestore_generations import TRIES
from contracts import transitions
from contracts.paths import GenerationPath
from contracts.ports import Applied, Refused, StoreUnavailable
from contracts.transitions import Change, Reason, Snapshot
from tests.adapters.firestore_documents import FirestoreDocuments
from tests.adapters.generation_store_suite import asks_after, claims
from tests.adapters.grpc_server import Fault
from tests.contracts.documents import BEAT_AT, CREATED_AT, DISPATCHED, ENDED_AT, PROCESSING

PASSING = [
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
]
FOR_GOOD = [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT]


def named(code: grpc.StatusCode) -> str:
    return str(code.name)


class FirestoreFaultsSuite:
    @pytest.mark.parametrize("code", PASSING, ids=named)
    def test_a_commit_that_landed_while_its_answer_was_lost_is_found_by_reading(
        self, documents: FirestoreDocuments, path: GenerationPath, code: grpc.StatusCode
    ) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.append(Fault(method="Commit", code=code, answer_is_lost=True))

        applied = documents.store.apply(path, claims("mine"))

        assert isinstance(applied, Applied)  # asked again, the guard would have been false
        assert applied.fields == documents.fields(path)
        assert applied.fields["claim"] == "mine"
        assert documents.calls_of_store("Commit") == 1

    @pytest.mark.parametrize("code", PASSING, ids=named)
    def test_a_commit_that_did_not_land_is_tried_again(
        self, documents: FirestoreDocuments, path: GenerationPath, code: grpc.StatusCode
    ) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.append(Fault(method="Commit", code=code))

        assert isinstance(documents.store.apply(path, claims("mine")), Applied)
        assert (documents.fields(path) or {})["claim"] == "mine"
        assert documents.calls_of_store("Commit") == 2

    @pytest.mark.parametrize("answer_is_lost", [True, False], ids=["landed", "did not land"])
    def test_who_goes_on_from_what_he_wrote_reads_when_no_answer_comes(
        self, documents: FirestoreDocuments, path: GenerationPath, *, answer_is_lost: bool
    ) -> None:
        documents.put(path, DISPATCHED)
        claimed = documents.store.apply(path, claims("mine"))
        assert isinstance(claimed, Applied)
        documents.server.faults.append(Fault(method="Commit", answer_is_lost=answer_is_lost))

        applied = documents.store.apply(path, partial(transitions.cancel, now=ENDED_AT), after=claimed)

        assert isinstance(applied, Applied)  # asked again after a commit that landed, the guard would be false
        assert applied.fields == documents.fields(path)
        assert documents.calls_of_store("BatchGetDocuments") == 2
        assert documents.calls_of_store("Commit") == (2 if answer_is_lost else 3)

    def test_who_goes_on_from_what_he_wrote_reads_nothing(
        self, documents: FirestoreDocuments, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        claimed = documents.store.apply(path, claims("mine"))
        assert isinstance(claimed, Applied)

        assert documents.store.apply(path, partial(transitions.cancel, now=ENDED_AT), after=claimed)

        assert documents.calls_of_store("BatchGetDocuments") == 1
        assert documents.calls_of_store("Commit") == 2

    def test_of_two_commits_without_an_answer_the_first_can_be_the_one_that_lands(
        self, documents: FirestoreDocuments, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.extend([Fault(method="Commit")] * 2)
        tried: list[Change] = []

        def claims_anew(found: Snapshot) -> Change | Reason:
            change = claims("mine", now=BEAT_AT + timedelta(seconds=len(tried)))(found)
            tried.extend([change] if isinstance(change, Change) else [])
            return change

        def lands_late() -> None:
            if len(tried) == 2:
                documents.put(path, tried[0].apply_to(DISPATCHED))

        documents.between_tries = lands_late

        applied = documents.store.apply(path, claims_anew)

        assert isinstance(applied, Applied)
        assert applied.fields["started_at"] == BEAT_AT

    def test_a_lost_answer_is_not_taken_for_ours_when_somebody_else_was_quicker(
        self, documents: FirestoreDocuments, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        other = partial(documents.put, path, PROCESSING | {"claim": "theirs"})
        documents.server.faults.append(Fault(method="Commit"))

        refused = documents.store.apply(path, asks_after(other, claims("mine")))

        assert isinstance(refused, Refused)
        assert (documents.fields(path) or {})["claim"] == "theirs"

    def test_fields_that_were_taken_away_are_part_of_what_is_looked_for(
        self, documents: FirestoreDocuments, path: GenerationPath
    ) -> None:
        documents.put(path, PROCESSING)
        documents.server.faults.append(Fault(method="Commit", answer_is_lost=True))

        applied = documents.store.apply(path, partial(transitions.cancel, now=ENDED_AT))

        assert isinstance(applied, Applied)
        assert "claim" not in applied.fields
        assert documents.calls_of_store("Commit") == 1

    def test_what_never_succeeds_is_given_up(self, documents: FirestoreDocuments, path: GenerationPath) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.extend([Fault(method="Commit")] * 100)

        with pytest.raises(StoreUnavailable, match=path.document):
            documents.store.apply(path, claims("mine"))
        with pytest.raises(StoreUnavailable, match=path.document):
            documents.store.delete(path, CREATED_AT)

        assert documents.calls_of_store("Commit") == 2 * TRIES
        assert len(documents.pauses) == 2 * TRIES

    @pytest.mark.parametrize("code", FOR_GOOD, ids=named)
    def test_a_call_that_is_refused_for_good_is_not_repeated(
        self, documents: FirestoreDocuments, path: GenerationPath, code: grpc.StatusCode
    ) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.extend([Fault(method="Commit", code=code)] * 2)
        documents.server.faults.append(Fault(method="BatchGetDocuments", code=code))

        with pytest.raises(StoreUnavailable):
            documents.store.read(path)
        with pytest.raises(StoreUnavailable):
            documents.store.apply(path, claims("mine"))
        with pytest.raises(StoreUnavailable):
            documents.store.delete(path, CREATED_AT)

        assert documents.calls_of_store("Commit") == 2
        assert documents.server.faults == []
        assert documents.fields(path) == DISPATCHED

    def test_a_reading_that_fails_in_passing_is_repeated(
        self, documents: FirestoreDocuments, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.append(Fault(method="BatchGetDocuments"))

        assert documents.store.apply(path, claims("mine"))
        assert documents.calls_of_store("BatchGetDocuments") == 2

    @pytest.mark.parametrize("answer_is_lost", [True, False], ids=["landed", "did not land"])
    def test_a_deletion_without_an_answer_leaves_nothing(
        self, documents: FirestoreDocuments, path: GenerationPath, *, answer_is_lost: bool
    ) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.append(Fault(method="Commit", answer_is_lost=answer_is_lost))

        documents.store.delete(path, CREATED_AT)

        assert documents.fields(path) is None

    def test_a_job_that_is_replaced_while_it_is_deleted_stays(
        self, documents: FirestoreDocuments, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.append(Fault(method="Commit", code=grpc.StatusCode.FAILED_PRECONDITION))
        documents.between_tries = partial(documents.put, path, DISPATCHED | {"created_at": ENDED_AT})

        assert documents.store.delete(path, CREATED_AT) is False
        assert documents.fields(path) == DISPATCHED | {"created_at": ENDED_AT}

    def test_a_job_that_is_gone_before_the_second_try_is_gone(
        self, documents: FirestoreDocuments, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        documents.server.faults.append(Fault(method="Commit"))
        documents.between_tries = partial(documents.drop, path)

        assert documents.store.apply(path, claims("mine")) == Refused(reason=Reason.GONE)
