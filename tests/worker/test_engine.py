"""The engine on real diffusers pipelines, with the smallest weights there are."""

import io
import logging
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.utils import logging as diffusers_logging

from contracts.errors import ClaimLost, ErrorCode, FailedStage, GenerationFailed
from contracts.paths import MediaType
from contracts.validation import resolve_request
from tests.worker import library_warnings
from tests.worker.cloud_places import VIDEO_PATH
from tests.worker.engine_calls import CATALOGUE, IMAGE, SHORT, VIDEO, generate, once, part, pixels, together
from tests.worker.parts import PartOfACall
from worker.compile_cache import CompileCache
from worker.engine import DiffusersEngine
from worker.pipelines import GpuLost

pytestmark = library_warnings.IGNORED


def test_an_image_is_as_large_as_was_asked_for(diffusers_engine: DiffusersEngine) -> None:
    (picture,) = generate(diffusers_engine, width=96, height=64)

    assert picture.shape == (64, 96, 3)
    assert picture.dtype == np.uint8


def test_a_video_has_the_frames_and_the_size_that_were_asked_for(diffusers_engine: DiffusersEngine) -> None:
    frames = generate(diffusers_engine, MediaType.VIDEOS, width=80, height=64, num_frames=5)

    assert frames.shape == (5, 64, 80, 3)


@pytest.mark.parametrize("media_type", MediaType)
def test_the_same_seed_gives_the_same_pictures_and_another_seed_gives_others(
    media_type: MediaType, diffusers_engine: DiffusersEngine
) -> None:
    frames = SHORT[media_type]

    first, again, other = (generate(diffusers_engine, media_type, seed=seed, **frames) for seed in (7, 7, 8))

    assert [frame.tobytes() for frame in first] == [frame.tobytes() for frame in again]
    assert first[0].tobytes() != other[0].tobytes()


def test_the_largest_seed_that_a_document_can_hold_is_taken(diffusers_engine: DiffusersEngine) -> None:
    assert len(generate(diffusers_engine, seed=2**53 - 1, num_images=2)) == 2


def test_several_images_are_made_from_the_seeds_that_follow(diffusers_engine: DiffusersEngine) -> None:
    several = generate(diffusers_engine, seed=20, num_images=3)
    alone = [generate(diffusers_engine, seed=20 + index)[0] for index in range(3)]

    assert len(several) == 3
    for one, other in zip(several, alone, strict=True):
        # A batch is added up in another order, which can change a value by its last bit.
        assert abs(pixels(one) - pixels(other)).max() <= 2
    assert abs(pixels(several[0]) - pixels(several[1])).max() > 20


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "a blue square"},
        {"negative_prompt": "blur"},
        {"guidance_scale": 20},
        {"num_inference_steps": 3},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_each_parameter_reaches_the_pipeline(changed: dict[str, Any], diffusers_engine: DiffusersEngine) -> None:
    before, after = generate(diffusers_engine), generate(diffusers_engine, **changed)

    assert before[0].tobytes() != after[0].tobytes()


@pytest.mark.parametrize(
    "prompt", ["", "ein Bär 🐻 im Schnee\n\x00", "x" * 2_000], ids=["empty", "odd", "longest"]
)
@pytest.mark.parametrize("media_type", MediaType)
def test_every_prompt_that_the_contract_allows_is_taken(
    prompt: str, media_type: MediaType, diffusers_engine: DiffusersEngine
) -> None:
    frames = SHORT[media_type]

    assert len(generate(diffusers_engine, media_type, prompt=prompt, num_inference_steps=1, **frames)) > 0


@pytest.mark.parametrize("media_type", MediaType)
def test_each_step_is_told_once_from_one_to_the_last(
    media_type: MediaType, diffusers_engine: DiffusersEngine
) -> None:
    told: list[tuple[int, int]] = []
    frames = SHORT[media_type]

    generate(
        diffusers_engine,
        media_type,
        num_inference_steps=4,
        on_step=lambda step, steps: told.append((step, steps)),
        **frames,
    )

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("media_type", MediaType)
def test_what_is_raised_at_a_step_ends_the_generation_there(
    media_type: MediaType, diffusers_engine: DiffusersEngine
) -> None:
    told: list[int] = []

    def stop_at_the_second(step: int, steps: int) -> None:
        told.append(step)
        if step == 2:
            raise ClaimLost

    frames = SHORT[media_type]

    with pytest.raises(ClaimLost):
        generate(diffusers_engine, media_type, num_inference_steps=8, on_step=stop_at_the_second, **frames)

    assert told == [1, 2]


def test_a_stopped_generation_leaves_nothing_behind_for_the_next(diffusers_engine: DiffusersEngine) -> None:
    def stop(step: int, steps: int) -> None:
        raise ClaimLost

    before = generate(diffusers_engine, seed=3)
    with pytest.raises(ClaimLost):
        generate(diffusers_engine, num_inference_steps=9, on_step=stop)

    assert generate(diffusers_engine, seed=3)[0].tobytes() == before[0].tobytes()


def test_the_pipelines_are_loaded_once_for_all_jobs(models_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(models_folder, tmp_path / "models")
    engine = DiffusersEngine([IMAGE], tmp_path / "models")
    shutil.rmtree(tmp_path / "models")

    assert len(generate(engine)) == len(generate(engine)) == 1


def test_a_model_that_this_worker_did_not_load_is_unavailable(models_folder: Path) -> None:
    engine = DiffusersEngine([IMAGE], models_folder)

    with pytest.raises(GenerationFailed) as failed:
        generate(engine, MediaType.VIDEOS)

    failure = failed.value.failure
    assert (failure.code, failure.stage) == (ErrorCode.MODEL_UNAVAILABLE, FailedStage.LOADING)
    assert failure.message == "The model safelight-video is not served at the moment."


def test_what_is_not_the_pipelines_business_is_not_passed_on(diffusers_engine: DiffusersEngine) -> None:
    _, request = resolve_request(VIDEO_PATH, {"prompt": "a red circle", "num_frames": 5}, CATALOGUE)
    ours = {"fps": 8, "output_format": "mp4", "seed": 5, "model": "safelight-video"}

    asked_for = PartOfACall(request=request | ours)
    diffusers_engine.generate(VIDEO, [asked_for])

    assert len(asked_for.pictures) == 5


def test_a_device_that_is_gone_is_not_a_bad_job(diffusers_engine: DiffusersEngine) -> None:
    with pytest.raises(GpuLost):
        generate(diffusers_engine, on_step=once(torch.AcceleratorError("CUDA error: device-side assert")))


def test_what_is_compiled_for_a_call_is_kept_when_it_is_over(models_folder: Path) -> None:
    saved: list[str] = []

    class Cache(CompileCache):
        def save(self) -> None:
            saved.append("saved")

    engine = DiffusersEngine([IMAGE], models_folder, compiled=Cache(models_folder))
    assert saved == []

    generate(engine)

    assert saved == ["saved"]


def test_frames_arrive_while_the_decoder_goes_on(diffusers_engine: DiffusersEngine) -> None:
    asked_for = part(MediaType.VIDEOS, num_frames=9)

    together(diffusers_engine, asked_for, media_type=MediaType.VIDEOS)

    assert [len(frames) for frames in asked_for.arrived] == [1, 4, 4]


def test_each_of_several_jobs_in_one_call_gets_what_it_would_have_got_alone(
    diffusers_engine: DiffusersEngine,
) -> None:
    asked: list[dict[str, Any]] = [
        {"prompt": "a red circle", "seed": 1},
        {"prompt": "a blue square", "seed": 2, "num_images": 2},
        {"prompt": "a red circle", "negative_prompt": "blur", "seed": 3},
    ]
    parts = [part(**{"num_images": 1, **one}) for one in asked]
    for one, of in zip(parts, asked, strict=True):
        one.seed = of["seed"]

    together(diffusers_engine, *parts)

    assert [len(one.pictures) for one in parts] == [1, 2, 1]
    for one, of in zip(parts, asked, strict=True):
        alone = generate(diffusers_engine, **of)
        assert abs(pixels(one.pictures) - pixels(alone)).max() <= 2


def test_each_of_several_videos_in_one_call_gets_its_own_frames(diffusers_engine: DiffusersEngine) -> None:
    parts = [part(MediaType.VIDEOS, seed=seed, num_frames=5, prompt=f"a ball {seed}") for seed in (1, 2)]

    together(diffusers_engine, *parts, media_type=MediaType.VIDEOS)

    for one in parts:
        alone = generate(
            diffusers_engine, MediaType.VIDEOS, seed=one.seed, num_frames=5, prompt=one.request["prompt"]
        )
        assert abs(pixels(one.pictures) - pixels(alone)).max() <= 2


def test_the_library_does_not_log_the_part_of_a_prompt_that_is_too_long(
    diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    diffusers_logging.add_handler(handler)
    monkeypatch.setattr(sys, "stderr", written)
    try:
        generate(diffusers_engine, prompt="x" * 200 + " canary")
    finally:
        diffusers_logging.remove_handler(handler)

    assert "canary" not in written.getvalue()
