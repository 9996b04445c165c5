"""What is faster and not the same: who can have it, and that no picture depends on another job's."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Lora, Model, Source
from contracts.errors import ClaimLost
from contracts.paths import GenerationPath, MediaType
from contracts.validation import resolve_request
from tests.worker import library_warnings
from tests.worker.jobs_in_a_lane import Follower
from tests.worker.parts import PartOfACall, made
from tests.worker.shipped import SHIPPED
from tests.worker.tiny_denoisers import FAMILIES, tiny
from worker import lossy_presets
from worker.acceleration import accelerate
from worker.batching import Batching
from worker.engine import DiffusersEngine
from worker.lane import Lane
from worker.lossy_presets import is_in_a_block
from worker.making import make
from worker.one_picture import each_picture
from worker.preset import Preset

pytestmark = library_warnings.IGNORED

CATALOGUE = load_catalogue()
IMAGE, VIDEO = SHIPPED
FLUX = next(model for model in CATALOGUE.models if model.id == "flux.1-dev")
CANNOT_CACHE = {"StableDiffusionXLPipeline", "StableDiffusion3Pipeline", "ZImagePipeline"}
LORA = Lora(id="x", source=Source(folder="x"), revision="1", weight_name="x.safetensors", licence="MIT")


def request(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any scalar
    path = GenerationPath(user_id="u", media_type=MediaType.VIDEOS, file_uid="f")
    asked = {"prompt": "a red heart", "num_frames": 5, **changed}
    return resolve_request(path, asked, CATALOGUE)[1]


@pytest.fixture(scope="module")
def cached(models_folder: Path) -> DiffusersEngine:
    """Which skips every step that it may, so that a difference is seen."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lossy_presets, "FIRST_BLOCK_THRESHOLD", 0.9)
        return DiffusersEngine([VIDEO], models_folder, lossy={Preset.STEP_CACHE})


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_are_cached_where_the_family_can(family: str, caplog: pytest.LogCaptureFixture) -> None:
    took = accelerate(tiny(family), IMAGE, "cpu", {Preset.STEP_CACHE})

    assert took == ([] if family in CANNOT_CACHE else [Preset.STEP_CACHE])
    refused = [
        record.__dict__["preset"] for record in caplog.records if record.message == "lossy_preset_not_taken"
    ]
    assert refused == ([Preset.STEP_CACHE] if family in CANNOT_CACHE else [])


@pytest.mark.parametrize(
    ("model", "begins"),
    [
        (FLUX, "there is no GPU"),
        (FLUX.model_copy(update={"loras": [LORA]}), "a LoRA"),
        (FLUX.model_copy(update={"dtype": "float16"}), "torchao scales rows of bfloat16 only"),
        (FLUX.model_copy(update={"accelerations": frozenset({"attention"})}), "what is not compiled is slower"),
    ],
    ids=["no GPU", "LoRAs", "half precision", "not compiled"],
)
def test_eight_bits_are_refused_with_the_reason(
    model: Model, begins: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert accelerate(tiny("FluxPipeline"), model, "cpu", {Preset.FP8}) == []

    reason = next(record for record in caplog.records if record.message == "lossy_preset_not_taken")
    assert reason.__dict__["reason"].startswith(begins)


def test_only_the_matrices_of_blocks_get_eight_bits() -> None:
    transformer = tiny("FluxPipeline").transformer
    found = {path for path, module in transformer.named_modules() if is_in_a_block(module, path)}

    assert {"transformer_blocks.0.attn.to_q", "single_transformer_blocks.1.proj_mlp"} <= found
    assert not {path for path in found if path.startswith(("proj_out", "x_embedder", "time_text_embed"))}
    assert not is_in_a_block(nn.Linear(16, 17), "blocks.0.odd")


def test_a_video_with_cached_steps_is_another_one_and_repeats(
    cached: DiffusersEngine, diffusers_engine: DiffusersEngine
) -> None:
    first = made(cached, VIDEO, request(), seed=3)

    assert not np.array_equal(first, made(diffusers_engine, VIDEO, request(), seed=3))
    assert np.array_equal(first, made(cached, VIDEO, request(), seed=3))


def test_what_was_left_in_the_middle_does_not_change_the_next(cached: DiffusersEngine) -> None:
    undisturbed = made(cached, VIDEO, request(), seed=3)

    def leave(step: int, steps: int) -> None:
        if step == 1:
            raise ClaimLost

    with pytest.raises(ClaimLost):
        cached.generate(VIDEO, [PartOfACall(request=request(prompt="the sea"), on_step=leave)])

    assert np.array_equal(undisturbed, made(cached, VIDEO, request(), seed=3))


def test_no_jobs_share_a_call(cached: DiffusersEngine) -> None:
    mates = [PartOfACall(request=request(prompt=prompt), seed=3) for prompt in ("the sea", "a red heart")]

    cached.generate(VIDEO, mates)

    assert np.array_equal(mates[1].pictures, made(cached, VIDEO, request(), seed=3))


def test_the_document_says_how_its_video_was_made(
    cached: DiffusersEngine, diffusers_engine: DiffusersEngine
) -> None:
    path = GenerationPath(user_id="u", media_type=MediaType.VIDEOS, file_uid="f")

    def facts(engine: DiffusersEngine) -> dict[str, Any]:
        with Lane(engine, Batching()).turn(VIDEO, request(), threading.Event()) as turn:
            return make(path, VIDEO, request(), 3, gpu=turn, watcher=Follower()).facts

    assert facts(cached)["lossy"] == ["step-cache"]
    assert "lossy" not in facts(diffusers_engine)


def test_each_picture_of_a_job_has_its_own_call_and_its_own_seed() -> None:
    stepped: list[tuple[int, int]] = []
    part = PartOfACall(
        request={"num_images": 3}, seed=7, on_step=lambda step, steps: stepped.append((step, steps))
    )

    for (one,) in each_picture([part]):
        assert one.request["num_images"] == 1
        one.step(1, 2)
        one.step(2, 2)

    assert [one.seed for (one,) in each_picture([part])] == [7, 8, 9]
    assert stepped == [(step, 6) for step in range(1, 7)]
