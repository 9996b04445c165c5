"""What is told while a job is worked on, and how it is noticed that it is no longer ours."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryGenerations
from contracts import transitions
from contracts.catalogue import Deadlines
from contracts.errors import ClaimLost
from contracts.paths import GenerationPath
from contracts.ports import Applied
from contracts.status import Stage
from tests.worker.cloud_places import IMAGE_PATH, NOW, dispatched
from worker.heartbeat import Heartbeat

CLAIM = "mine"
DEADLINES = Deadlines(queued=900, loading=300, generating=60, encoding=30, uploading=50)
INTERVAL_SECONDS = 0.02
PATIENCE_SECONDS = 10.0


class Watched(InMemoryGenerations):
    """Counts what the heartbeat does, and says when."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[dict[str, Any]] = []
        self.looks = 0

    def apply(self, path: GenerationPath, transition: transitions.Transition, **after: Any) -> Any:  # noqa: ANN401 - passed on
        applied = super().apply(path, transition, **after)
        if isinstance(applied, Applied):
            self.writes.append(dict(applied.fields))
        return applied

    def read(self, path: GenerationPath) -> Any:  # noqa: ANN401 - passed on
        self.looks += 1
        return super().read(path)


@pytest.fixture
def documents() -> Watched:
    watched = Watched()
    watched.put(IMAGE_PATH, dispatched(IMAGE_PATH, {"prompt": "x"}) | {"status": "processing", "claim": CLAIM})
    return watched


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def heartbeat(documents: Watched, stop: threading.Event) -> Iterator[Heartbeat]:
    with beating(documents, stop) as running:
        yield running


def beating(
    documents: InMemoryGenerations, stop: threading.Event, interval: float = INTERVAL_SECONDS
) -> Heartbeat:
    seconds = iter(range(1_000_000))
    return Heartbeat(
        documents,
        IMAGE_PATH,
        claim=CLAIM,
        deadlines=DEADLINES,
        now=lambda: NOW,
        stop=stop,
        interval_seconds=interval,
        monotonic=lambda: float(next(seconds)),
    )


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_the_first_movement_is_told_at_once(documents: Watched, stop: threading.Event) -> None:
    with beating(documents, stop, interval=3_600) as heartbeat:
        heartbeat.enter(Stage.GENERATING)
        wait_until(lambda: documents.writes)

        assert documents.writes[0]["stage"] == "generating"


def test_between_two_looks_any_number_of_steps_is_one_write(documents: Watched, stop: threading.Event) -> None:
    with beating(documents, stop, interval=3_600) as heartbeat:
        heartbeat.enter(Stage.GENERATING)
        wait_until(lambda: documents.writes)
        for step in range(1, 21):
            heartbeat.step(step, 20)
            time.sleep(0.002)

    assert len(documents.writes) == 1


def test_progress_says_how_far_it_is_and_how_long_it_will_take(documents: Watched, heartbeat: Heartbeat) -> None:
    heartbeat.enter(Stage.GENERATING)
    for step in (1, 2, 3):
        heartbeat.step(step, 12)
    wait_until(lambda: documents.writes and documents.writes[-1].get("progress", {}).get("step") == 3)

    # The clock here goes on by a second each time that it is asked: one per step.
    assert documents.writes[-1]["progress"] == {
        "sequence": 3,
        "fraction": 0.25,
        "step": 3,
        "steps": 12,
        "eta_seconds": 9.0,
    }


@pytest.mark.parametrize(
    ("stage", "seconds"), [(Stage.GENERATING, 60), (Stage.ENCODING, 30), (Stage.UPLOADING, 50)]
)
def test_a_lease_is_as_long_as_the_stages_deadline(
    documents: Watched, heartbeat: Heartbeat, stage: Stage, seconds: int
) -> None:
    heartbeat.enter(stage)
    wait_until(lambda: documents.writes and documents.writes[-1]["stage"] == stage)

    assert documents.writes[-1]["lease_expires_at"] == NOW + timedelta(seconds=seconds)


def test_work_that_does_not_move_does_not_keep_its_lease(documents: Watched, heartbeat: Heartbeat) -> None:
    heartbeat.enter(Stage.GENERATING)
    wait_until(lambda: documents.writes)
    told = len(documents.writes)
    looked = documents.looks

    wait_until(lambda: documents.looks > looked + 3)

    assert len(documents.writes) == told


def cancelled(documents: InMemoryGenerations) -> None:
    documents.apply(IMAGE_PATH, lambda found: transitions.cancel(found, now=NOW))


def deleted(documents: InMemoryGenerations) -> None:
    documents.documents.clear()


def given_to_another(documents: InMemoryGenerations) -> None:
    documents.put(IMAGE_PATH, documents.documents[IMAGE_PATH] | {"claim": "another's"})


@pytest.mark.parametrize("lost", [cancelled, deleted, given_to_another])
@pytest.mark.parametrize("moving", [True, False], ids=["while steps are done", "while nothing moves"])
def test_a_generation_that_is_no_longer_ours_stops_the_next_step(
    documents: Watched, heartbeat: Heartbeat, stop: threading.Event, *, lost: Callable[[Any], None], moving: bool
) -> None:
    heartbeat.enter(Stage.GENERATING)
    wait_until(lambda: documents.writes)
    lost(documents)
    if moving:
        with pytest.raises(ClaimLost):
            step_for_ever(heartbeat)
    wait_until(stop.is_set)

    with pytest.raises(ClaimLost):
        heartbeat.step(1, 200)
    with pytest.raises(ClaimLost):
        heartbeat.enter(Stage.ENCODING)


def step_for_ever(heartbeat: Heartbeat) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        heartbeat.step(1, 200)
        time.sleep(0.001)


def test_a_job_that_runpod_stopped_ends_at_the_next_step(heartbeat: Heartbeat, stop: threading.Event) -> None:
    heartbeat.step(1, 2)
    stop.set()

    with pytest.raises(ClaimLost):
        heartbeat.step(2, 2)


def test_a_firestore_that_is_away_for_a_while_ends_nothing(
    documents: Watched, heartbeat: Heartbeat, caplog: pytest.LogCaptureFixture
) -> None:
    documents.unavailable = True
    heartbeat.enter(Stage.GENERATING)
    wait_until(lambda: "heartbeat_missed" in caplog.text)
    heartbeat.step(1, 2)
    documents.unavailable = False
    heartbeat.step(2, 2)

    wait_until(lambda: documents.writes and documents.writes[-1]["progress"]["step"] == 2)


def test_what_could_not_be_told_is_told_when_firestore_is_back(
    documents: Watched, heartbeat: Heartbeat, caplog: pytest.LogCaptureFixture
) -> None:
    documents.unavailable = True
    heartbeat.enter(Stage.ENCODING)
    wait_until(lambda: "heartbeat_missed" in caplog.text)
    documents.unavailable = False

    wait_until(lambda: documents.writes and documents.writes[-1]["stage"] == "encoding")


def test_a_write_under_way_is_waited_for(stop: threading.Event) -> None:
    """Otherwise it could land between the completing and the next job."""
    begun, written = threading.Event(), threading.Event()

    class Slow(Watched):
        def apply(self, path: GenerationPath, transition: transitions.Transition, **after: Any) -> Any:  # noqa: ANN401
            begun.set()
            time.sleep(0.1)
            applied = super().apply(path, transition, **after)
            written.set()
            return applied

    slow = Slow()
    slow.put(IMAGE_PATH, dispatched(IMAGE_PATH, {"prompt": "x"}) | {"status": "processing", "claim": CLAIM})
    with beating(slow, stop) as heartbeat:
        heartbeat.enter(Stage.GENERATING)
        assert begun.wait(PATIENCE_SECONDS)

    assert written.is_set()


def test_nothing_is_written_afterwards(documents: Watched, stop: threading.Event) -> None:
    with beating(documents, stop) as heartbeat:
        heartbeat.enter(Stage.GENERATING)
        wait_until(lambda: documents.writes)
    told, looked = len(documents.writes), documents.looks

    heartbeat.step(1, 2)
    time.sleep(5 * INTERVAL_SECONDS)

    assert (len(documents.writes), documents.looks) == (told, looked)
    assert not heartbeat._thread.is_alive()
