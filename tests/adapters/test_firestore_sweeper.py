"""`FirestoreSweeper` on a tiny Firestore of our own; emulator_tests/ has the same on the emulator."""

from collections.abc import Iterator

import grpc
import pytest

from contracts.paths import MediaType
from contracts.ports import StoreUnavailable
from tests.adapters.firestore_documents import FirestoreSweepers, client_of
from tests.adapters.grpc_server import Fault, grpc_server
from tests.adapters.sweeper_store_suite import MARK, SweeperStoreSuite
from tests.adapters.tiny_firestore import TinyFirestore
from tests.contracts.documents import CREATED_AT, ENDED_AT


@pytest.fixture
def sweepers() -> Iterator[FirestoreSweepers]:
    firestore = TinyFirestore()
    with grpc_server(firestore) as faulty, grpc_server(firestore) as sound:
        yield FirestoreSweepers(faulty, client_of(sound.address))


class TestFirestoreSweeper(SweeperStoreSuite):
    """The suite, with the fixture above."""


def test_whoever_looks_finds_why_runpod_is_left_alone(sweepers: FirestoreSweepers) -> None:
    sweepers.store.open_breaker("runpod_no_credit", now=CREATED_AT, until=ENDED_AT)

    found = sweepers.direct.document("sweeper/breaker").get().to_dict()

    assert found == {"code": "runpod_no_credit", "until": ENDED_AT}


def test_calls_that_fail_in_passing_are_repeated(sweepers: FirestoreSweepers) -> None:
    sweepers.server.faults.extend([Fault(method="Commit"), Fault(method="BatchGetDocuments")])

    sweepers.store.move(MediaType.IMAGES, MARK)

    assert sweepers.store.mark(MediaType.IMAGES) == MARK
    assert sweepers.server.faults == []


def test_calls_that_are_refused_for_good_are_not(sweepers: FirestoreSweepers) -> None:
    methods = ["Commit", "BatchGetDocuments", "BatchGetDocuments"]
    for method in methods:
        sweepers.server.faults.append(Fault(method=method, code=grpc.StatusCode.PERMISSION_DENIED))

    with pytest.raises(StoreUnavailable, match="sweeper/images"):
        sweepers.store.move(MediaType.IMAGES, MARK)
    with pytest.raises(StoreUnavailable, match="sweeper/breaker"):
        sweepers.store.open_breaker("runpod_no_credit", now=CREATED_AT, until=ENDED_AT)
    with pytest.raises(StoreUnavailable, match="sweeper/breaker"):
        sweepers.store.breaker()
    assert sweepers.server.calls == methods


def test_a_breaker_that_cannot_be_opened_is_not_taken_for_open(sweepers: FirestoreSweepers) -> None:
    sweepers.server.faults.append(Fault(method="Commit", code=grpc.StatusCode.PERMISSION_DENIED))

    with pytest.raises(StoreUnavailable, match="sweeper/breaker"):
        sweepers.store.open_breaker("runpod_no_credit", now=CREATED_AT, until=ENDED_AT)
