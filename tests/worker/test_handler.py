"""What RunPod's loop calls: whatever it hands in, an answer comes out."""

import asyncio
import os
import signal
import threading
from collections.abc import Mapping
from typing import Any

import pytest
import runpod
from runpod.serverless.modules.rp_job import run_job

from adapters.in_memory import InMemoryObjects
from tests.worker.cloud_places import IMAGE_PATH, CloudPlace, job_input
from tests.worker.painters import EndlessPainter, Painter
from worker.handler import build_handler, serve

DIRECT = {"use_cloud_storage": False, "prompt": "a red circle"}


def handle(place: CloudPlace, job: Mapping[str, Any]) -> dict[str, Any]:
    """Run a job as RunPod's loop does."""

    async def call() -> dict[str, Any]:
        return await build_handler(place.workplace)(job)

    return asyncio.run(call())


def test_a_job_with_a_document_is_completed() -> None:
    place = CloudPlace()
    place.dispatch()

    result = handle(place, {"id": "ab-u1", "input": job_input(IMAGE_PATH, {"prompt": "x"})})

    assert result["outcome"] == "completed"
    assert place.document()["status"] == "completed"


def test_a_job_without_a_document_touches_no_cloud() -> None:
    place = CloudPlace()
    place.generations.unavailable = place.objects.unavailable = True

    result = handle(place, {"id": "ab-u1", "input": DIRECT})

    assert result["outcome"] == "completed"
    assert place.endings.published == []


def cloud_input(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a client sends
    return job_input(IMAGE_PATH, {"prompt": "x"}) | changed


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in cloud_input().items() if key not in keys}


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        pytest.param({"id": "1"}, "input must be an object", id="no input"),
        pytest.param({"id": "1", "input": None}, "input must be an object", id="null"),
        pytest.param({"id": "1", "input": "a red circle"}, "input must be an object", id="a text"),
        pytest.param({"id": "1", "input": [1]}, "input must be an object", id="a list"),
        pytest.param({"id": "1", "input": {}}, "media_type is missing", id="an empty object"),
        pytest.param({"id": "1", "input": without("attempt")}, "attempt is missing", id="no attempt"),
        pytest.param(
            {"id": "1", "input": cloud_input(attempt="1")}, "attempt must be a whole number", id="attempt a text"
        ),
        pytest.param({"id": "1", "input": cloud_input(attempt=0)}, "attempt must be at least 1", id="attempt 0"),
        pytest.param(
            {"id": "1", "input": cloud_input(created_at="yesterday")}, "created_at must be a time", id="no time"
        ),
        pytest.param(
            {"id": "1", "input": cloud_input(created_at="2026-01-01T00:00:00")},
            "created_at must be a time with its time zone",
            id="a time without its zone",
        ),
        pytest.param(
            {"id": "1", "input": cloud_input(media_type="audios")},
            "media_type must be images or videos",
            id="another media type",
        ),
        pytest.param(
            {"id": "1", "input": cloud_input(use_cloud_storage="yes")},
            "use_cloud_storage must be true",
            id="a flag that is none",
        ),
        pytest.param(
            {"id": "1", "input": cloud_input(file_uid="../x")}, "file_uid must be", id="an id that climbs"
        ),
        pytest.param(
            {"id": "1", "input": cloud_input(user_id="a/b")}, "user_id is not an id", id="a uid with a slash"
        ),
        pytest.param(
            {"id": "1", "input": DIRECT | {"file_uid": "../x"}}, "file_uid must be", id="a direct id that climbs"
        ),
        pytest.param({"id": "1", "input": DIRECT | {"seed": -1}}, "seed must be at least 0", id="a seed below 0"),
    ],
)
def test_a_job_that_is_none_gets_a_sentence(job: Mapping[str, Any], sentence: str) -> None:
    place = CloudPlace()

    answer = handle(place, job)

    assert list(answer) == ["error"]
    assert answer["error"].startswith(sentence)
    assert isinstance(place.engine, Painter)
    assert place.engine.asked == []


def test_a_firestore_that_cannot_be_asked_is_an_error_that_runpod_sees() -> None:
    place = CloudPlace()
    place.dispatch()
    place.generations.unavailable = True

    answer = handle(place, {"id": "ab-u1", "input": cloud_input()})

    assert answer["error"].startswith("Firestore or Storage is unavailable")


def test_a_job_that_runpod_cancels_frees_the_gpu_before_the_next_one_is_taken() -> None:
    """The loop takes the next job when this one's task has ended, so that must be after the last step."""

    async def cancel() -> None:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()
        painter = EndlessPainter(lambda: loop.call_soon_threadsafe(begun.set), step_seconds=0.2)
        place = CloudPlace(engine=painter)
        place.dispatch()
        task = asyncio.ensure_future(build_handler(place.workplace)({"id": "ab-u1", "input": cloud_input()}))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert painter.stopped

    asyncio.run(cancel())


def test_runpod_may_say_twice_that_a_job_is_cancelled() -> None:
    async def cancel_twice() -> None:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()
        painter = EndlessPainter(lambda: loop.call_soon_threadsafe(begun.set), step_seconds=0.2)
        place = CloudPlace(engine=painter)
        place.dispatch()
        task = asyncio.ensure_future(build_handler(place.workplace)({"id": "ab-u1", "input": cloud_input()}))
        await begun.wait()
        task.cancel()
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert painter.stopped

    asyncio.run(cancel_twice())


def test_the_sdk_logs_no_result(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the files nor a URL with its token: at DEBUG, its default, it would print both."""
    monkeypatch.setattr(runpod.RunPodLogger(), "level", "DEBUG", raising=False)

    def work_off(config: Mapping[str, Any]) -> None:
        jobs = [{"id": "ab-u1", "input": asked} for asked in (cloud_input(), DIRECT)]
        returned.extend(asyncio.run(run_job(config["handler"], job)) for job in jobs)

    class FirestoreGoes(InMemoryObjects):
        def put(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they are
            place.generations.unavailable = True
            return super().put(*arguments, **named)

    place: CloudPlace = CloudPlace(objects=FirestoreGoes())
    place.dispatch()
    returned: list[Any] = []
    monkeypatch.setattr(runpod.serverless, "start", work_off)

    serve(place.workplace)

    in_cloud, direct = (answer["output"] for answer in returned)
    printed = capfd.readouterr()
    assert in_cloud["generation_data"]["image_urls"][0] not in printed.out + printed.err
    assert direct["files"][0]["base64"][:40] not in printed.out + printed.err
    assert "ab-u1" in printed.out  # the SDK does log


def test_the_sdk_is_told_once_and_for_all_how_many_jobs_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes the number only when it has no job, so another one would stop the GPU."""
    started: list[Mapping[str, Any]] = []
    monkeypatch.setattr(runpod.serverless, "start", started.append)

    serve(CloudPlace().workplace, held=4)

    (config,) = started
    assert {config["concurrency_modifier"](current) for current in (1, 4, 9)} == {4}


def test_as_many_jobs_run_as_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than asyncio's own threads, of which a small machine has few."""
    held = 40
    met = threading.Barrier(held)

    def work_off(config: Mapping[str, Any]) -> None:
        async def all_at_once() -> None:
            asked = DIRECT | {"num_inference_steps": 1}
            await asyncio.gather(*(config["handler"]({"id": str(n), "input": asked}) for n in range(held)))

        asyncio.run(all_at_once())

    monkeypatch.setattr(runpod.serverless, "start", work_off)

    serve(CloudPlace(engine=Painter(at_step=lambda _: met.wait(10))).workplace, held=held)

    assert not met.broken


def test_a_worker_whose_gpu_is_lost_takes_no_more_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    ended = threading.Event()
    lost = threading.Event()

    def end(status: int) -> None:
        told.append(status)
        ended.set()

    monkeypatch.setattr("worker.handler.LAST_ANSWERS_SECONDS", 0.01)
    monkeypatch.setattr("os.kill", lambda process, sign: told.append((process, sign)))
    monkeypatch.setattr("os._exit", end)
    monkeypatch.setattr(runpod.serverless, "start", lambda _: lost.set())

    serve(CloudPlace().workplace, lost=lost)

    assert ended.wait(10)
    assert told == [(os.getpid(), signal.SIGTERM), 1]


def test_the_loop_stays_free_while_a_job_runs() -> None:
    """It has to hear of cancels and to send its pings."""

    async def both() -> list[str]:
        order: list[str] = []
        loop = asyncio.get_running_loop()
        heard = asyncio.Event()
        place = CloudPlace()

        def ask_the_loop(_: int) -> None:
            asyncio.run_coroutine_threadsafe(hear(), loop).result(10)

        async def hear() -> None:
            order.append("heard")
            heard.set()

        place.engine = Painter(at_step=ask_the_loop)
        await build_handler(place.workplace)({"id": "1", "input": DIRECT | {"num_inference_steps": 1}})
        order.append("done")
        return order

    assert asyncio.run(both()) == ["heard", "done"]
