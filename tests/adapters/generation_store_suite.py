"""What every `GenerationStore` must do: in memory, on Firestore's API, on the real emulator."""

import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import pytest

from contracts import transitions
from contracts.generation import Generation, Malformed
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Applied, GenerationStore, Refused, StoreUnavailable
from contracts.status import Stage
from contracts.transitions import Change, Reason, Snapshot, Transition
from tests.contracts.documents import BEAT_AT, CREATED_AT, DISPATCHED, ENDED_AT, LEASE, PROCESSING, QUEUED

CONTENDERS = 6


class Documents(Protocol):
    """A store, and the documents behind its back."""

    @property
    def store(self) -> GenerationStore: ...
    @property
    def unreachable(self) -> GenerationStore: ...
    def put(self, path: GenerationPath, fields: Mapping[str, Any]) -> None: ...
    def fields(self, path: GenerationPath) -> dict[str, Any] | None: ...
    def drop(self, path: GenerationPath) -> None: ...


def claims(nonce: str, now: datetime = BEAT_AT) -> Transition:
    return partial(
        transitions.claim,
        created_at=CREATED_AT,
        attempt=1,
        claim=nonce,
        runpod_job_id=f"job-of-{nonce}",
        now=now,
        lease_expires_at=now + LEASE,
    )


def beats(nonce: str) -> Transition:
    return partial(
        transitions.heartbeat,
        claim=nonce,
        stage=Stage.ENCODING,
        progress=None,
        now=BEAT_AT,
        lease_expires_at=BEAT_AT + LEASE,
    )


def asks_after(happening: Callable[[], None], transition: Transition, times: int = 1) -> Transition:
    """The same transition; what happens, happens between the reading and the writing."""
    left = iter(range(times))

    def asked(found: Snapshot) -> Change | Reason:
        if next(left, None) is not None:
            happening()
        return transition(found)

    return asked


class GenerationStoreSuite:
    @pytest.fixture
    def path(self) -> GenerationPath:
        return GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid=f"f-{uuid.uuid4().hex}")

    def test_what_is_not_there_is_read_as_none(self, documents: Documents, path: GenerationPath) -> None:
        assert documents.store.read(path) is None

    def test_a_generation_is_read_as_a_value(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, PROCESSING)

        assert documents.store.read(path) == Generation.from_fields(PROCESSING)

    def test_what_is_no_generation_is_read_as_malformed(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, {"status": "queued"})

        found = documents.store.read(path)

        assert isinstance(found, Malformed)
        assert found.fields == {"status": "queued"}

    def test_a_change_is_applied_and_everything_else_stays(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, PROCESSING)

        applied = documents.store.apply(path, partial(transitions.cancel, now=ENDED_AT))

        expected = {
            **{key: value for key, value in PROCESSING.items() if key not in transitions.OF_WORK},
            "status": "cancelled",
            "ended_at": ENDED_AT,
            "modified": ENDED_AT,
        }
        assert isinstance(applied, Applied)
        assert applied.fields == expected
        assert documents.fields(path) == expected

    def test_a_false_guard_refuses_and_nothing_is_written(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, PROCESSING)

        assert documents.store.apply(path, claims("late")) == Refused(reason=Reason.NOT_QUEUED)
        assert documents.fields(path) == PROCESSING

    def test_where_there_is_no_document_the_transition_is_not_asked(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        asked: list[Snapshot] = []

        refused = documents.store.apply(path, lambda found: asked.append(found) or Reason.ENDED)  # type: ignore[func-returns-value]

        assert refused == Refused(reason=Reason.GONE)
        assert asked == []
        assert documents.fields(path) is None

    def test_a_document_that_changed_meanwhile_is_read_and_asked_again(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        meanwhile = partial(documents.put, path, DISPATCHED | {"runpod_job_id": "other", "failures": 2})

        applied = documents.store.apply(path, asks_after(meanwhile, claims("mine")))

        assert isinstance(applied, Applied)
        assert applied.fields["failures"] == 2
        assert applied.fields["claim"] == "mine"
        assert documents.fields(path) == applied.fields

    def test_several_lost_races_are_no_refusal_either(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, DISPATCHED)
        meanwhile = partial(documents.put, path, DISPATCHED)

        applied = documents.store.apply(path, asks_after(meanwhile, claims("mine"), times=3))

        assert isinstance(applied, Applied)

    def test_a_change_in_between_that_makes_the_guard_false_refuses(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        meanwhile = partial(documents.put, path, PROCESSING)

        refused = documents.store.apply(path, asks_after(meanwhile, claims("late")))

        assert refused == Refused(reason=Reason.NOT_QUEUED)
        assert documents.fields(path) == PROCESSING

    def test_a_document_that_goes_meanwhile_is_not_written_back(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)

        refused = documents.store.apply(path, asks_after(partial(documents.drop, path), claims("mine")))

        assert refused == Refused(reason=Reason.GONE)
        assert documents.fields(path) is None

    def test_who_goes_on_from_what_he_wrote_writes_after_it(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        claimed = documents.store.apply(path, claims("mine"))
        assert isinstance(claimed, Applied)

        beaten = documents.store.apply(path, beats("mine"), after=claimed)
        assert isinstance(beaten, Applied)
        ended = documents.store.apply(path, partial(transitions.cancel, now=ENDED_AT), after=beaten)

        assert isinstance(ended, Applied)
        assert (ended.fields["status"], ended.fields["started_at"]) == ("cancelled", BEAT_AT)
        assert documents.fields(path) == ended.fields

    def test_what_he_wrote_is_not_what_is_there_now(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, DISPATCHED)
        claimed = documents.store.apply(path, claims("mine"))
        assert isinstance(claimed, Applied)
        documents.put(path, {**claimed.fields, "failures": 2})

        beaten = documents.store.apply(path, beats("mine"), after=claimed)

        assert isinstance(beaten, Applied)
        assert (beaten.fields["failures"], beaten.fields["stage"]) == (2, "encoding")
        assert documents.fields(path) == beaten.fields

    @pytest.mark.parametrize("gone", [True, False], ids=["gone", "cancelled"])
    def test_what_became_of_it_since_refuses_him(
        self, documents: Documents, path: GenerationPath, *, gone: bool
    ) -> None:
        documents.put(path, DISPATCHED)
        claimed = documents.store.apply(path, claims("mine"))
        assert isinstance(claimed, Applied)
        if gone:
            documents.drop(path)
        else:
            documents.store.apply(path, partial(transitions.cancel, now=ENDED_AT))
        left = documents.fields(path)

        refused = documents.store.apply(path, beats("mine"), after=claimed)

        assert refused == Refused(reason=Reason.GONE if gone else Reason.ENDED)
        assert documents.fields(path) == left

    def test_he_is_not_refused_for_what_has_been(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, DISPATCHED)
        claimed = documents.store.apply(path, claims("mine"))
        assert isinstance(claimed, Applied)
        documents.put(path, DISPATCHED)

        assert isinstance(documents.store.apply(path, claims("again"), after=claimed), Applied)

    def test_a_document_created_anew_is_not_the_one_he_wrote(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, DISPATCHED)
        claimed = documents.store.apply(path, claims("mine"))
        assert isinstance(claimed, Applied)
        documents.drop(path)
        documents.put(path, QUEUED)

        refused = documents.store.apply(path, beats("mine"), after=claimed)

        assert refused == Refused(reason=Reason.NOT_MINE)
        assert documents.fields(path) == QUEUED

    def test_a_new_job_under_an_old_name_is_another_job(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, DISPATCHED)
        new = DISPATCHED | {"created_at": CREATED_AT + timedelta(microseconds=1)}

        def meanwhile() -> None:
            documents.drop(path)
            documents.put(path, new)

        refused = documents.store.apply(path, asks_after(meanwhile, claims("mine")))

        assert refused == Refused(reason=Reason.OTHER_JOB)
        assert documents.fields(path) == new

    def test_of_many_claimers_exactly_one_wins(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, DISPATCHED)
        all_have_read = threading.Barrier(CONTENDERS, timeout=60)
        nonces = [f"nonce-{number}" for number in range(CONTENDERS)]

        def claim(nonce: str) -> Applied | Refused:
            return documents.store.apply(path, asks_after(lambda: _meet(all_have_read), claims(nonce)))

        with ThreadPoolExecutor(CONTENDERS) as pool:
            outcomes = dict(zip(nonces, pool.map(claim, nonces), strict=True))

        (winner,) = [nonce for nonce, outcome in outcomes.items() if isinstance(outcome, Applied)]
        assert (documents.fields(path) or {})["claim"] == winner
        losers = [outcome for nonce, outcome in outcomes.items() if nonce != winner]
        assert losers == [Refused(reason=Reason.NOT_QUEUED)] * (CONTENDERS - 1)

    def test_no_write_of_many_is_lost(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, QUEUED | {"failures": 0})
        all_have_read = threading.Barrier(CONTENDERS, timeout=60)

        def count(found: Snapshot) -> Change | Reason:
            assert isinstance(found, Generation)
            return Change(set={"failures": found.failures + 1, "claim": uuid.uuid4().hex})

        def apply(_: int) -> Applied | Refused:
            return documents.store.apply(path, asks_after(lambda: _meet(all_have_read), count))

        with ThreadPoolExecutor(CONTENDERS) as pool:
            outcomes = list(pool.map(apply, range(CONTENDERS)))

        assert all(isinstance(outcome, Applied) for outcome in outcomes)
        assert (documents.fields(path) or {})["failures"] == CONTENDERS

    def test_the_job_itself_is_deleted_and_a_second_call_does_nothing(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, PROCESSING)

        assert documents.store.delete(path, CREATED_AT) is True
        assert documents.fields(path) is None
        assert documents.store.delete(path, CREATED_AT) is False

    def test_another_job_under_the_same_name_is_not_deleted(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, PROCESSING)

        assert documents.store.delete(path, CREATED_AT + timedelta(microseconds=1)) is False
        assert documents.fields(path) == PROCESSING

    def test_what_is_no_generation_is_not_deleted_as_a_job(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, {"status": "failed"})

        assert documents.store.delete(path, CREATED_AT) is False
        assert documents.fields(path) == {"status": "failed"}

    def test_what_is_no_generation_can_be_deleted_as_what_it_is(
        self, documents: Documents, path: GenerationPath
    ) -> None:
        documents.put(path, {"status": "failed"})

        assert documents.store.delete(path, None) is True
        assert documents.fields(path) is None

    def test_a_generation_is_not_deleted_as_none(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, PROCESSING)

        assert documents.store.delete(path, None) is False
        assert documents.fields(path) == PROCESSING

    def test_a_store_out_of_reach_is_unavailable(self, documents: Documents, path: GenerationPath) -> None:
        documents.put(path, DISPATCHED)

        with pytest.raises(StoreUnavailable):
            documents.unreachable.read(path)
        with pytest.raises(StoreUnavailable):
            documents.unreachable.apply(path, claims("mine"))
        with pytest.raises(StoreUnavailable):
            documents.unreachable.delete(path, CREATED_AT)
        assert documents.fields(path) == DISPATCHED


def _meet(barrier: threading.Barrier) -> None:
    barrier.wait()
