"""What the catalogue promises of the shipped models is what their pipelines can do."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Model
from contracts.paths import GenerationPath
from contracts.validation import resolve_request
from tests.worker import library_warnings
from tests.worker.parts import made
from tests.worker.shipped import SHIPPED
from training.captions import plain_caption
from training.measure import judge
from training.measure_motion import judge_video
from training.motion import Clip, Motion
from training.video_captions import plain_video_caption
from training.world import Single, Thing
from worker.cannot_start import ModelInvalid
from worker.engine import DiffusersEngine

pytestmark = library_warnings.IGNORED

CATALOGUE = load_catalogue()
IMAGE, VIDEO = SHIPPED


def each(*models: Model) -> pytest.MarkDecorator:
    """One test for each model."""
    return pytest.mark.parametrize("model", models, ids=[model.id for model in models])


@pytest.fixture(scope="module")
def engine(models_folder: Path) -> DiffusersEngine:
    return DiffusersEngine(SHIPPED, models_folder)


@pytest.fixture(scope="module")
def pipelines(engine: DiffusersEngine) -> dict[str, Any]:
    return {model.id: engine.shelf.take(model).base for model in SHIPPED}


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
        pytest.param(IMAGE, {"width": 80, "height": 64}, id="an image one multiple wider"),
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

    pictures = made(engine, resolved_model, request, 1)

    assert len(pictures) == asked.get("num_images", request.get("num_frames", 1))
    assert pictures.shape[1:] == (request["height"], request["width"], 3)


@each(IMAGE, VIDEO)
def test_each_file_with_weights_is_the_one_that_the_entry_names(model: Model, models_folder: Path) -> None:
    weights = sorted((models_folder / model.id).rglob("*.safetensors"))

    assert len(weights) == 3
    assert model.sha256 == {
        file.relative_to(models_folder / model.id).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in weights
    }


@pytest.mark.parametrize(("model", "most"), [(IMAGE, 12_000_000), (VIDEO, 16_000_000)], ids=["image", "video"])
def test_each_is_small_and_can_run_no_code(model: Model, most: int, models_folder: Path) -> None:
    files = [file for file in (models_folder / model.id).rglob("*") if file.is_file()]

    assert sum(file.stat().st_size for file in files) <= most
    assert {file.suffix for file in files} == {".json", ".safetensors", ".md", ".png"}  # no pickle


@pytest.mark.parametrize("spoil", ["one byte", "missing"])
def test_a_worker_does_not_start_with_other_weights(spoil: str, models_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(models_folder / IMAGE.id, tmp_path / IMAGE.id)
    weights = tmp_path / IMAGE.id / "unet" / "diffusion_pytorch_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content) if spoil == "one byte" else weights.unlink()

    with pytest.raises(ModelInvalid, match="is not the file that the catalogue names for safelight-image"):
        DiffusersEngine([IMAGE], tmp_path)


def test_a_picture_shows_what_its_prompt_says(engine: DiffusersEngine) -> None:
    """By the measure of the model's card, as the worker makes it; broken weights make noise."""
    right = [judge(paint_as_asked(engine, wanted, seed), wanted) for seed, wanted in enumerate(WANTED)]

    assert sum(verdict.background for verdict in right) >= 5
    assert sum(verdict.colour for verdict in right) >= 5
    assert sum(verdict.shape for verdict in right) >= 4


WANTED = [
    Single(background=background, thing=Thing(colour=colour, shape=shape, x=0.5, y=0.5, radius=0.23))
    for background, colour, shape in (
        ("blue", "red", "circle"),
        ("white", "green", "star"),
        ("black", "yellow", "heart"),
        ("yellow", "purple", "triangle"),
        ("red", "white", "square"),
        ("purple", "orange", "circle"),
    )
]


def paint_as_asked(engine: DiffusersEngine, wanted: Single, seed: int) -> NDArray[np.uint8]:
    path = GenerationPath(user_id="u1", media_type=IMAGE.media_type, file_uid="f1")
    _, request = resolve_request(path, {"prompt": plain_caption(wanted)}, CATALOGUE)
    (picture,) = made(engine, IMAGE, request, seed)
    painted: NDArray[np.uint8] = picture
    return painted


def test_a_picture_that_starts_from_another_keeps_its_shape_and_takes_new_colours(engine: DiffusersEngine) -> None:
    start = paint_as_asked(engine, WANTED[1], 1)
    wanted = replace(WANTED[1], background="green", thing=replace(WANTED[1].thing, colour="red"))
    path = GenerationPath(user_id="u1", media_type=IMAGE.media_type, file_uid="f1")
    asked = {"prompt": plain_caption(wanted), "input_image": "uploads/u1/start", "num_images": 2}
    _, request = resolve_request(path, asked, CATALOGUE)

    pictures = made(engine, IMAGE, request | {"input_image": Image.fromarray(start)}, 1)

    verdicts = [judge(picture, wanted) for picture in pictures]
    assert all(verdict.background and verdict.colour and verdict.shape for verdict in verdicts)
    assert not np.array_equal(*pictures)


def test_a_video_shows_what_its_prompt_says(engine: DiffusersEngine) -> None:
    """By the measure of the model's card, as the worker makes it; broken weights make noise."""
    clips = [
        Clip(picture=picture, motion=motion)
        for picture, motion in zip(WANTED[:4], (Motion.LEFT, Motion.UP, Motion.RIGHT, Motion.GROWING), strict=True)
    ]

    right = [judge_video(film_as_asked(engine, clip, seed), clip) for seed, clip in enumerate(clips)]

    assert sum(verdict.motion for verdict in right) >= 3
    assert sum(bool(verdict.background) for verdict in right) >= 3
    assert sum(bool(verdict.colour) for verdict in right) >= 3


def film_as_asked(engine: DiffusersEngine, wanted: Clip, seed: int) -> NDArray[np.uint8]:
    path = GenerationPath(user_id="u1", media_type=VIDEO.media_type, file_uid="f1")
    _, request = resolve_request(path, {"prompt": plain_video_caption(wanted)}, CATALOGUE)
    return made(engine, VIDEO, request, seed)


def test_a_picture_is_the_same_alone_and_among_eight(engine: DiffusersEngine) -> None:
    path = GenerationPath(user_id="u1", media_type=IMAGE.media_type, file_uid="f1")
    asked = {"prompt": "a red circle on a blue background"}
    _, one = resolve_request(path, asked, CATALOGUE)
    _, eight = resolve_request(path, asked | {"num_images": 8}, CATALOGUE)

    together = made(engine, IMAGE, eight, 5)

    for index in (0, 7):
        alone = made(engine, IMAGE, one, 5 + index)[0]
        assert np.abs(alone.astype(int) - together[index].astype(int)).max() <= 2
        assert alone.std() > 10


@each(IMAGE, VIDEO)
def test_the_same_seed_makes_the_same_and_another_another(model: Model, engine: DiffusersEngine) -> None:
    path = GenerationPath(user_id="u1", media_type=model.media_type, file_uid="f1")
    asked = {"prompt": "a red circle", "num_inference_steps": 2}
    _, request = resolve_request(path, asked, CATALOGUE)

    first, again, other = (made(engine, model, request, seed) for seed in (5, 5, 6))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
