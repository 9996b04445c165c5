"""What a job costs at Firestore, on a tiny one of our own; `make bench` counts it on the emulator."""

from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks.counting_client import CountingClient
from benchmarks.firestore_writes import JOBS, TWICE_OF, count_jobs, emulator
from tests.adapters.grpc_server import grpc_server
from tests.adapters.tiny_firestore import TinyFirestore

SECOND_EVENTS = JOBS // TWICE_OF


@pytest.fixture
def documents() -> Iterator[CountingClient]:
    with grpc_server(TinyFirestore()) as server, emulator(server.address):
        yield CountingClient("demo-counted")


def per_job(counts: Counter[str], what: str) -> float:
    return counts[what] / JOBS


def test_a_job_that_is_claimed_at_once_is_written_four_times(documents: CountingClient) -> None:
    counts = count_jobs(documents, at_once=True)

    assert per_job(counts, "writes") == 4  # the page's, dispatch, claim, completion


def test_a_job_that_waits_has_its_runpod_id_written_as_well(documents: CountingClient) -> None:
    counts = count_jobs(documents, at_once=False)

    assert per_job(counts, "writes") == 5


@pytest.mark.parametrize(("at_once", "readings"), [(True, 5), (False, 4)], ids=["at once", "later"])
def test_a_second_event_costs_three_readings_at_most(
    documents: CountingClient, *, at_once: bool, readings: int
) -> None:
    """The breaker's and the document's; and the document's again where both events came at the same time."""
    counts = count_jobs(documents, at_once=at_once)

    assert counts["reads"] <= readings * JOBS + 3 * SECOND_EVENTS
