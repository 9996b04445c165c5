"""What a check does not allow is neither stored nor shown, and neither is what it gives no answer about."""

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from adapters.in_memory import InMemoryGenerations
from chaos.painter import one_colour
from contracts.errors import OutputBlocked
from contracts.generation import Generation
from contracts.moderation import Blocklist
from contracts.paths import GenerationPath
from contracts.runpod_job import DirectJob
from tests.worker.cloud_places import IMAGE_PATH, SEED, VIDEO_PATH, CloudPlace
from tests.worker.painters import Painter
from worker.direct import run_direct_job
from worker.gpu_turn import Pictures
from worker.moderation import Shown

FRAMES = np.arange(17, dtype=np.uint8)[:, None, None, None] * np.ones((2, 2, 3), np.uint8)


class Eye:
    """An output check that remembers what it was shown."""

    def __init__(self, answer: object = True) -> None:  # noqa: FBT002 - whatever a check answers
        self.seen: list[Pictures] = []
        self._answer = answer

    def __call__(self, pictures: Pictures) -> Any:  # noqa: ANN401 - as above
        self.seen.append(pictures)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class Previewing(Painter):
    """Shows a preview at each step, as the real engine does."""

    def generate(self, model: Any, request: Mapping[str, Any], seed: int, watcher: Any) -> Iterator[Pictures]:  # noqa: ANN401
        watcher.show(np.zeros((8, 8, 3), np.uint8))
        yield from super().generate(model, request, seed, watcher)


class Remembering(InMemoryGenerations):
    """Keeps every preview that was ever in a document."""

    def __init__(self) -> None:
        super().__init__()
        self.previews: list[str] = []

    def _write(self, *written: Any) -> Any:  # noqa: ANN401 - passed on
        applied = super()._write(*written)
        for fields in self.documents.values():
            if (preview := (fields.get("progress") or {}).get("preview")) is not None:
                self.previews.append(preview)
        return applied


@pytest.mark.parametrize("path", [IMAGE_PATH, VIDEO_PATH], ids=["image", "video"])
def test_what_the_check_does_not_allow_fails_and_leaves_nothing(path: GenerationPath) -> None:
    place: CloudPlace = CloudPlace(output_check=Eye(answer=False))

    assert place.run(place.dispatch(path)) == {"outcome": "failed", "code": "output_blocked"}

    document = place.document(path)
    assert document["status"] == "failed"
    assert document["error"] == {
        "code": "output_blocked",
        "stage": "generating",
        "retryable": False,
        "message": "What was made is not shown: it did not pass this service's check. Ask for something else.",
    }
    assert document.keys() & {"progress", "claim", "generation_data"} == set()
    assert place.objects.objects == {}
    assert [ending.error_code for ending in place.endings.published] == ["output_blocked"]


def test_what_the_check_allows_is_stored() -> None:
    eye = Eye(answer=np.True_)
    place = CloudPlace(output_check=eye)

    assert place.run(place.dispatch(num_images=2))["outcome"] == "completed"

    (seen,) = eye.seen
    painted = [one_colour((SEED + index) % 256, 64, 64) for index in range(2)]
    np.testing.assert_array_equal(seen, np.concatenate(painted))


@pytest.mark.parametrize("checked", [False, True], ids=["without a check", "with one"])
def test_no_preview_of_what_is_not_checked_yet_gets_into_the_document(*, checked: bool) -> None:
    generations = Remembering()
    moved = threading.Event()
    place = CloudPlace(
        engine=Previewing(at_step=lambda step: moved.wait(0.3)),
        generations=generations,
        output_check=Eye() if checked else None,
    )

    assert place.run(place.dispatch(num_inference_steps=6))["outcome"] == "completed"

    assert bool(generations.previews) is not checked


@pytest.mark.parametrize(
    "answer", [RuntimeError("a red circle"), None, "safe"], ids=["an error", "nothing", "a text"]
)
def test_a_check_that_gives_no_answer_stores_nothing_and_calls_the_operator(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    place = CloudPlace(output_check=Eye(answer))

    assert place.run(place.dispatch()) == {"outcome": "given_back", "code": "check_unavailable"}

    document = place.document()
    assert (document["status"], document["failures"]) == ("queued", 1)
    assert "progress" not in document
    assert place.objects.objects == {}
    (called,) = [vars(record) for record in caplog.records if record.levelno == logging.CRITICAL]
    assert (called["message"], called["code"]) == ("operator_needed", "check_failed")
    assert "a red circle" not in str([vars(record) for record in caplog.records])


def test_the_third_time_it_has_failed() -> None:
    place = CloudPlace(output_check=Eye(RuntimeError()))
    job = place.dispatch()
    place.document()["failures"] = 2

    assert place.run(job) == {"outcome": "failed", "code": "check_unavailable"}

    generation = Generation.from_fields(place.document())
    assert generation.error is not None
    assert generation.error.message == "This could not be checked, so it is not made. Try again later."


def test_a_direct_job_is_checked_before_and_after() -> None:
    blocked_before, blocked_after = (
        run_direct_job(
            DirectJob.model_validate({"use_cloud_storage": False, "prompt": prompt}),
            CloudPlace(input_check=Blocklist(["forbidden"]), output_check=Eye(answer=False)).workplace,
            threading.Event(),
        )
        for prompt in ("a forbidden circle", "a circle")
    )

    assert blocked_before["outcome"] == blocked_after["outcome"] == "failed"
    assert (blocked_before["failure"]["code"], blocked_before["failure"]["field"]) == ("prompt_blocked", "prompt")
    assert "forbidden" not in str(blocked_before)
    assert blocked_after["failure"]["code"] == "output_blocked"
    assert "files" not in blocked_after


def test_a_job_with_a_document_is_not_checked_a_second_time_for_what_it_asks() -> None:
    place = CloudPlace(input_check=Blocklist(["circle"]))

    assert place.run(place.dispatch())["outcome"] == "completed"


@pytest.mark.parametrize("sizes", [[17], [1, 4, 4, 4, 4], [9, 8]], ids=["at once", "as Wan decodes", "in halves"])
def test_of_a_video_the_first_the_middle_and_the_last_frame_are_shown(sizes: list[int]) -> None:
    eye = Eye(answer=False)
    shown = Shown(VIDEO_PATH, {"num_frames": 17}, eye)
    first = 0
    for size in sizes:
        group = FRAMES[first : first + size].copy()
        shown.add(group)
        group[:] = 99  # whoever decodes may write over it
        first += size

    with pytest.raises(OutputBlocked):
        shown.check()

    (seen,) = eye.seen
    assert [int(frame[0, 0, 0]) for frame in seen] == [0, 8, 16]


def test_without_a_check_nothing_is_kept() -> None:
    shown = Shown(IMAGE_PATH, {}, None)
    shown.add(FRAMES)

    shown.check()

    assert shown._kept == []
