"""No prompt and no secret is in any log line or answer, whatever happens to a job."""

import asyncio
import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.in_memory import InMemoryObjects
from adapters.json_logs import JsonFormatter
from contracts import transitions
from tests.worker import library_warnings
from tests.worker.cloud_places import IMAGE_PATH, NOW, CloudPlace, job_input
from tests.worker.painters import Painter
from worker.batching import Batching
from worker.engine import DiffusersEngine
from worker.handler import build_handler
from worker.lane import Lane

CANARY = "canary-3f9c"
ASKED = {"prompt": f"a {CANARY}", "negative_prompt": f"no {CANARY}", "num_inference_steps": 2}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged in this process, as the worker logs it, by us or by a library."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(handler)


def leaking(_: int) -> None:
    """What a library does when it tells all it knows."""
    msg = f"cannot tokenize 'a {CANARY}'"
    raise RuntimeError(msg)


def completed() -> CloudPlace:
    return CloudPlace()


def failed() -> CloudPlace:
    return CloudPlace(engine=Painter(at_step=leaking))


def storage_away() -> CloudPlace:
    place = CloudPlace()
    place.objects.unavailable = True
    return place


def firestore_away() -> CloudPlace:
    place = CloudPlace()
    place.generations.unavailable = True
    return place


def firestore_away_at_the_end() -> CloudPlace:
    class Interrupting(InMemoryObjects):
        def put(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they are
            place.generations.unavailable = True
            return super().put(*arguments, **named)

    place = CloudPlace(objects=Interrupting())
    return place


def cancelled() -> CloudPlace:
    def cancel(_: int) -> None:
        place.generations.apply(IMAGE_PATH, lambda found: transitions.cancel(found, now=NOW))

    place: CloudPlace = CloudPlace(engine=Painter(at_step=cancel))
    return place


WAYS: list[Callable[[], CloudPlace]] = [
    completed, failed, storage_away, firestore_away, firestore_away_at_the_end, cancelled,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "changed",
    [{}, {"width": 130}, {"width": CANARY}, {"model": CANARY}, {CANARY: 1}, {f"x{CANARY}": CANARY}],
    ids=["", "bad width", "bad type", "bad model", "bad key", "bad key and value"],
)
def test_a_job_with_a_document_tells_nobody_its_prompt(
    way: Callable[[], CloudPlace], changed: dict[str, Any], log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    place = way()
    place.dispatch(**{**ASKED, **changed})

    answer = handle(place, job_input(IMAGE_PATH, {**ASKED, **changed}))

    assert_quiet(log, capfd, answer, hidden=CANARY not in changed and f"x{CANARY}" not in changed)


@pytest.mark.parametrize("way", [completed, failed])
@pytest.mark.parametrize("changed", [{}, {"width": CANARY}], ids=["", "bad type"])
def test_a_direct_job_tells_nobody_its_prompt(
    way: Callable[[], CloudPlace], changed: dict[str, Any], log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = handle(way(), {**ASKED, **changed, "use_cloud_storage": False})

    assert_quiet(log, capfd, answer)


@library_warnings.IGNORED
@pytest.mark.parametrize(
    "prompt", [f"a {CANARY}", f"{'long ' * 300}{CANARY}", ""], ids=["short", "long", "negative"]
)
def test_diffusers_tells_nobody_a_prompt(
    prompt: str, diffusers_engine: DiffusersEngine, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    place = CloudPlace(engine=Lane(diffusers_engine, Batching()))

    answer = handle(place, {**ASKED, "prompt": prompt, "use_cloud_storage": False})

    assert answer["outcome"] == "completed"
    assert_quiet(log, capfd, answer)


def handle(place: CloudPlace, asked: dict[str, Any]) -> dict[str, Any]:
    """In a thread of its own, as the loop does it."""

    async def call() -> dict[str, Any]:
        return await build_handler(place.workplace)({"id": "ab-u1", "input": asked})

    return asyncio.run(call())


def assert_quiet(
    log: io.StringIO, capfd: pytest.CaptureFixture[str], answer: dict[str, Any], *, hidden: bool = True
) -> None:
    printed = capfd.readouterr()
    assert CANARY not in log.getvalue()
    assert CANARY not in printed.out + printed.err
    if hidden:  # the name of a wrong key is told to whoever wrote it
        assert CANARY not in str(answer)
