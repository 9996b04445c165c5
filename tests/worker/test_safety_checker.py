"""Stable Diffusion's safety checker, tiny and with random weights, through the worker's own load path."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion import StableDiffusionPipeline, StableDiffusionSafetyChecker
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from adapters.catalogue_file import load_catalogue
from adapters.plugging_in import plug_in
from contracts.errors import ErrorCode, OutputBlocked
from contracts.validation import resolve_request
from tests.worker import library_warnings
from tests.worker.cloud_places import IMAGE_PATH
from tests.worker.jobs_in_a_lane import Follower
from tests.worker.parts import PartOfACall
from worker import safety_checker
from worker.batching import Batching
from worker.cannot_start import CannotStart, ModelInvalid
from worker.engine import DiffusersEngine
from worker.lane import Lane
from worker.making import make
from worker.safety_checker import FILES, NAME, PART, REVISION, load_safety_checker

pytestmark = library_warnings.IGNORED

RED, BLUE = (np.full((1, 48, 80, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))
PARTS: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "projection_dim": 16,
}
TINY = CLIPConfig(
    projection_dim=16,
    vision_config={**PARTS, "image_size": 32, "patch_size": 8},
    text_config={**PARTS, "vocab_size": 9, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1},
)


def tiny(offended_by: np.ndarray[Any, Any] | None = None) -> Any:  # noqa: ANN401 - the library is untyped
    """One whose concepts are all what it sees in one picture, or nothing that there is."""
    torch.manual_seed(0)
    checker: Any = StableDiffusionSafetyChecker(TINY).eval()
    checker.concept_embeds_weights[:] = checker.special_care_embeds_weights[:] = 1.5  # no cosine comes up to that
    if offended_by is not None:
        seen = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
        pixels = seen(list(offended_by), return_tensors="pt").pixel_values
        with torch.inference_mode():
            concept = checker.visual_projection(checker.vision_model(pixels)[1])
        checker.concept_embeds[:] = concept
        checker.concept_embeds_weights[:] = 0.999
    return checker


def saved(folder: Path, checker: Any, revision: str = REVISION) -> Path:  # noqa: ANN401 - as above
    """Where a copy of the repository lies on a worker."""
    checker.save_pretrained(folder / NAME / PART, variant="fp16")
    (folder / NAME / "revision.txt").write_text(f"{revision}\n")
    return folder


def test_what_looks_like_its_concepts_is_not_allowed_and_the_rest_is(tmp_path: Path) -> None:
    """The picture is brought to the concept's own embedding only where it is prepared as CLIP's processor does."""
    named = "worker.safety_checker:load_safety_checker"
    check = plug_in("CHECK", named, saved(tmp_path, tiny(offended_by=RED)))

    assert check(RED) is False
    assert check(BLUE) is True
    assert check(np.concatenate([BLUE, RED])) is False


@pytest.mark.parametrize("shape", [(48, 80), (80, 48), (33, 500), (32, 32), (16, 16)])
def test_pictures_are_seen_as_clips_own_processor_shows_them(tmp_path: Path, shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    checker = load_safety_checker(saved(tmp_path, tiny()))
    assert isinstance(checker, safety_checker.SafetyChecker)

    seen = checker._seen(picture)

    theirs = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    expected = theirs(picture, return_tensors="np").pixel_values[0]
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen, expected, atol=0.02)  # a level is 0.015


def without(folder: Path, key: str) -> None:
    file = folder / NAME / FILES[1]
    weights = load_file(file)
    del weights[key]
    save_file(weights, file, metadata={"format": "pt"})


@pytest.mark.parametrize("key", ["concept_embeds", "visual_projection.weight"])
def test_a_weight_that_is_missing_is_not_drawn_by_chance(tmp_path: Path, key: str) -> None:
    without(saved(tmp_path, tiny()), key)

    with pytest.raises(ModelInvalid, match=f"does not hold the whole safety checker: {key} is missing"):
        load_safety_checker(tmp_path)


@pytest.mark.parametrize("file", FILES)
def test_half_a_copy_is_none(tmp_path: Path, file: str) -> None:
    (saved(tmp_path, tiny()) / NAME / file).unlink()

    with pytest.raises(ModelInvalid, match=f"has no {file}"):
        load_safety_checker(tmp_path)


def test_another_revision_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, tiny(), revision="0" * 40)

    with pytest.raises(CannotStart, match=f"should hold revision {REVISION}"):
        load_safety_checker(tmp_path)


def test_what_is_no_safetensors_file_is_not_read(tmp_path: Path) -> None:
    (saved(tmp_path, tiny()) / NAME / FILES[1]).write_bytes(b"pickle")

    with pytest.raises(ModelInvalid, match="cannot be loaded from"):
        load_safety_checker(tmp_path)


def test_without_a_copy_it_is_downloaded_from_its_pinned_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = saved(tmp_path / "hub", tiny()) / NAME
    asked: list[tuple[str, str, str]] = []

    def download(repository: str, file: str, *, revision: str) -> str:
        asked.append((repository, file, revision))
        return str(hub / file)

    monkeypatch.setattr("worker.weights.hf_hub_download", download)

    assert load_safety_checker(tmp_path)(RED) is True
    assert asked == [("stable-diffusion-v1-5/stable-diffusion-v1-5", file, REVISION) for file in FILES]


@pytest.fixture(name="engine")
def engine_with_a_checker(models_folder: Path) -> DiffusersEngine:
    """As of a model whose pipeline brings one along, which blackens what it does not like."""
    catalogue = load_catalogue()
    engine = DiffusersEngine([model for model in catalogue.models if model.id == "safelight-image"], models_folder)
    (model,) = engine.shelf.loaded
    pipeline = engine.shelf.take(model).base
    assert isinstance(pipeline, StableDiffusionPipeline)
    checker = tiny()
    checker.concept_embeds_weights[:] = -1.5  # whatever it sees
    pipeline.register_modules(
        safety_checker=checker,
        feature_extractor=CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
    )
    return engine


ASKED = {"prompt": "a red circle", "num_inference_steps": 2}


def test_what_a_models_own_checker_blackens_is_blocked_and_not_made_again(engine: DiffusersEngine) -> None:
    model, request = resolve_request(IMAGE_PATH, ASKED, load_catalogue())
    part = PartOfACall(request=request)

    engine.generate(model, [part])

    assert (part.is_blocked, part.remade) == (True, [])


def test_a_model_with_its_own_checker_shows_no_previews(engine: DiffusersEngine) -> None:
    model, request = resolve_request(IMAGE_PATH, ASKED, load_catalogue())
    first, second = PartOfACall(request=request), PartOfACall(request=request)

    engine.generate(model, [first], fit_previews=True)
    engine.generate(model, [second])

    assert second.previews == []


def test_of_two_jobs_in_one_call_only_the_one_that_it_concerns_is_blocked(engine: DiffusersEngine) -> None:
    model, request = resolve_request(IMAGE_PATH, ASKED, load_catalogue())
    harmless, blocked = PartOfACall(request=request, seed=1), PartOfACall(request=request, seed=2)
    pipeline = engine.shelf.take(model).base
    pipeline.run_safety_checker = lambda image, *_: (image, [False, True])

    engine.generate(model, [harmless, blocked])

    assert (harmless.is_blocked, blocked.is_blocked) == (False, True)
    assert harmless.pictures.any()


def test_whoever_waits_for_it_is_told(engine: DiffusersEngine) -> None:
    model, request = resolve_request(IMAGE_PATH, ASKED, load_catalogue())

    with (
        Lane(engine, Batching()).turn(model, request, threading.Event()) as gpu,
        pytest.raises(OutputBlocked) as blocked,
    ):
        make(IMAGE_PATH, model, request, 1, gpu=gpu, watcher=Follower())

    assert blocked.value.failure.code is ErrorCode.OUTPUT_BLOCKED
