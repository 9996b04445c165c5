"""What the catalogue promises of the shipped models is what their pipelines can do."""

from pathlib import Path
from typing import Any

import diffusers
import pytest

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Model
from contracts.paths import GenerationPath
from contracts.validation import resolve_request
from tests.worker import library_warnings
from worker.engine import DiffusersEngine

pytestmark = library_warnings.IGNORED

CATALOGUE = load_catalogue()
IMAGE, VIDEO = CATALOGUE.models


def each(*models: Model) -> pytest.MarkDecorator:
    """One test for each model."""
    return pytest.mark.parametrize("model", models, ids=[model.id for model in models])


@pytest.fixture(scope="module")
def engine(models_folder: Path) -> DiffusersEngine:
    return DiffusersEngine(CATALOGUE.models, models_folder)


@pytest.fixture(scope="module")
def pipelines(engine: DiffusersEngine) -> dict[str, Any]:
    return engine._pipelines


@each(IMAGE, VIDEO)
def test_each_entry_loads_with_the_class_that_it_names(
    model: Model, pipelines: dict[str, Any], models_folder: Path
) -> None:
    assert model.source.folder == model.id
    assert (models_folder / model.source.folder / "model_index.json").is_file()
    assert type(pipelines[model.id]) is getattr(diffusers, model.pipeline_class)


@each(IMAGE, VIDEO)
def test_each_weight_has_the_type_that_the_entry_names(model: Model, pipelines: dict[str, Any]) -> None:
    parts = [part for part in pipelines[model.id].components.values() if hasattr(part, "parameters")]

    types = {str(weight.dtype) for part in parts for weight in part.parameters()}

    assert len(parts) == 3
    assert types == {f"torch.{model.dtype}"}


@each(IMAGE, VIDEO)
def test_each_fits_the_memory_that_the_entry_names(model: Model, pipelines: dict[str, Any]) -> None:
    parts = [part for part in pipelines[model.id].components.values() if hasattr(part, "parameters")]
    size = sum(weight.numel() * weight.element_size() for part in parts for weight in part.parameters())

    assert 0 < size < model.memory_gib * 2**30


@pytest.mark.parametrize("side", ["width", "height"])
def test_the_sides_of_an_image_are_multiples_of_what_the_denoiser_halves(
    side: str, pipelines: dict[str, Any]
) -> None:
    pipeline = pipelines[IMAGE.id]
    halvings = len(pipeline.unet.config.block_out_channels) - 1

    assert IMAGE.parameters[side].multiple_of == pipeline.vae_scale_factor * 2**halvings


@pytest.mark.parametrize("side", ["width", "height"])
def test_the_sides_of_a_video_are_multiples_of_what_is_one_patch(side: str, pipelines: dict[str, Any]) -> None:
    pipeline = pipelines[VIDEO.id]
    patch = pipeline.transformer.config.patch_size[1]

    assert VIDEO.parameters[side].multiple_of == pipeline.vae_scale_factor_spatial * patch


def test_the_frames_of_a_video_are_packed_as_its_vae_packs_them(pipelines: dict[str, Any]) -> None:
    packed = pipelines[VIDEO.id].vae_scale_factor_temporal

    assert VIDEO.parameters["num_frames"].one_more_than_a_multiple_of == packed


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        pytest.param(IMAGE, {"width": 64, "height": 64}, id="the smallest image"),
        pytest.param(IMAGE, {"width": 72, "height": 64}, id="an image one multiple wider"),
        pytest.param(IMAGE, {"width": 256, "height": 256}, id="the largest image"),
        pytest.param(IMAGE, {"width": 64, "height": 64, "num_images": 8}, id="the most images"),
        pytest.param(IMAGE, {"guidance_scale": 0}, id="an image without guidance"),
        pytest.param(IMAGE, {"guidance_scale": 20}, id="an image with the strictest guidance"),
        pytest.param(VIDEO, {"width": 64, "height": 64, "num_frames": 5}, id="the shortest video"),
        pytest.param(VIDEO, {"width": 80, "height": 64, "num_frames": 9}, id="a video one multiple wider"),
        pytest.param(VIDEO, {"width": 128, "height": 128, "num_frames": 33}, id="the largest video"),
        pytest.param(VIDEO, {"num_frames": 5, "guidance_scale": 0}, id="a video without guidance"),
    ],
)
def test_the_limits_can_be_asked_for(model: Model, asked: dict[str, Any], engine: DiffusersEngine) -> None:
    path = GenerationPath(user_id="u1", media_type=model.media_type, file_uid="f1")
    request_data = {"prompt": "a red circle", "num_inference_steps": 1, **asked}
    resolved_model, request = resolve_request(path, request_data, CATALOGUE)

    pictures = engine.generate(resolved_model, request, 1, lambda step, steps: None)

    assert len(pictures) == asked.get("num_images", request.get("num_frames", 1))
    assert {picture.size for picture in pictures} == {(request["width"], request["height"])}
