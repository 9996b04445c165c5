"""Jobs without a document: the files come back in the RunPod result."""

import base64
import hashlib
import io
import threading
from typing import Any

import pytest
from PIL import Image

from contracts.runpod_job import DirectJob, parse_job_input
from tests.worker.cloud_places import CATALOGUE, IMAGE_PATH, NOW, job_input
from tests.worker.painters import Breaking, EndlessPainter, Painter
from worker import direct
from worker.direct import run_direct_job
from worker.gpu_turn import Engine
from worker.workplace import Workplace


def run(engine: Engine, stop: threading.Event | None = None, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
    job = DirectJob.model_validate({"use_cloud_storage": False, "prompt": "a red circle", **asked})
    workplace = Workplace(engine=engine, catalogue=CATALOGUE, now=lambda: NOW, cloud=None)
    return run_direct_job(job, workplace, stop or threading.Event())


def test_the_picture_comes_back_in_base64() -> None:
    result = run(Painter(), seed=5, width=64, height=80)

    (file,) = result.pop("files")
    content = base64.b64decode(file["base64"])
    assert file["content_type"] == "image/png"
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert Image.open(io.BytesIO(content)).size == (64, 80)
    assert set(result.pop("timings_seconds")) == {"loading", "generating", "encoding"}
    assert result == {
        "outcome": "completed",
        "content_type": "image/png",
        "width": 64,
        "height": 80,
        "seed": 5,
        "model": "safelight-image",
        "revision": "1",
    }


def test_a_video_comes_back_with_its_poster_and_its_thumbnail() -> None:
    result = run(Painter(), media_type="videos")

    assert [file["content_type"] for file in result["files"]] == ["video/mp4", "image/jpeg", "image/webp"]
    assert (result["num_frames"], result["fps"]) == (17, 8)


def test_the_whole_envelope_is_taken() -> None:
    """One input serves both kinds of job; without a document, when it was created means nothing."""
    job = job_input(IMAGE_PATH, {"prompt": "a red circle"}) | {"use_cloud_storage": False}

    parsed = parse_job_input(job)

    assert isinstance(parsed, DirectJob)
    assert parsed.request_data == {"prompt": "a red circle"}


def test_without_a_seed_each_job_draws_its_own() -> None:
    painter = Painter()

    seeds = {run(painter)["seed"] for _ in range(3)}

    assert len(seeds) == 3
    assert seeds == {seed for _, _, seed in painter.asked}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        pytest.param({"width": 130}, "width", id="what the model cannot do"),
        pytest.param({"width": "wide"}, "width", id="a wrong type"),
        pytest.param({"colour": "red"}, "colour", id="an unknown key"),
        pytest.param({"model": "none"}, "model", id="an unknown model"),
        pytest.param({"prompt": "x" * 2_001}, "prompt", id="a prompt that is too long"),
        pytest.param(
            {"input_image": "uploads/somebody/a.png"}, "input_image", id="an upload, which it has none of"
        ),
    ],
)
def test_a_bad_request_is_told_naming_the_field(asked: dict[str, Any], field: str) -> None:
    painter = Painter()

    result = run(painter, **asked)

    assert result["outcome"] == "failed"
    failure = result["failure"]
    assert (failure["code"], failure["field"], failure["retryable"]) == ("invalid_request", field, False)
    assert failure["message"].startswith(field)
    assert painter.asked == []


def test_what_the_pipeline_raises_is_one_sentence() -> None:
    failure = run(Breaking(RuntimeError("internals")))["failure"]

    assert (failure["code"], failure["stage"]) == ("generation_failed", "generating")
    assert "internals" not in failure["message"]


def test_files_that_are_too_large_for_a_result_are_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MAX_RETURNED_BYTES", 100)

    result = run(Painter())

    assert result["failure"]["message"] == "the files are larger than the 100 bytes that RunPod hands back"
    assert "files" not in result


def test_runpod_stops_it_at_the_next_step() -> None:
    stop = threading.Event()

    assert run(EndlessPainter(stop.set), stop) == {"outcome": "stopped"}


def test_one_that_is_stopped_before_it_began_never_begins() -> None:
    stop = threading.Event()
    stop.set()
    painter = Painter()

    assert run(painter, stop) == {"outcome": "stopped"}
    assert painter.asked == []
