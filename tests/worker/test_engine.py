"""The engine on real diffusers pipelines, with the smallest weights there are."""

import contextlib
import io
import json
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.utils import logging as diffusers_logging

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Lora, Source
from contracts.errors import ClaimLost, ErrorCode, FailedStage, GenerationFailed
from contracts.paths import MediaType
from contracts.task import Task
from contracts.validation import resolve_request
from tests.worker import library_warnings
from tests.worker.cloud_places import IMAGE_PATH, VIDEO_PATH
from tests.worker.parts import OnStep, PartOfACall
from tests.worker.shipped import SHIPPED
from worker import loading
from worker.cannot_start import ModelInvalid
from worker.compile_cache import CompileCache
from worker.engine import BLACK, COMPILE, OUT_OF_MEMORY, DiffusersEngine
from worker.gpu_turn import Pictures
from worker.lane import GpuLost
from worker.loading import LoadedModel

pytestmark = library_warnings.IGNORED

CATALOGUE = load_catalogue()
IMAGE, VIDEO = SHIPPED
PATHS = {MediaType.IMAGES: IMAGE_PATH, MediaType.VIDEOS: VIDEO_PATH}
SHORT: dict[MediaType, dict[str, Any]] = {MediaType.IMAGES: {}, MediaType.VIDEOS: {"num_frames": 5}}


def generate(
    engine: DiffusersEngine,
    media_type: MediaType = MediaType.IMAGES,
    *,
    seed: int = 1,
    on_step: OnStep = lambda step, steps: None,
    **asked: Any,  # noqa: ANN401 - any scalar
) -> Pictures:
    """What a request is answered with."""
    asked_for = part(media_type, seed=seed, on_step=on_step, **asked)
    together(engine, asked_for, media_type=media_type)
    return asked_for.pictures


def part(
    media_type: MediaType = MediaType.IMAGES,
    *,
    seed: int = 1,
    on_step: OnStep = lambda step, steps: None,
    **asked: Any,  # noqa: ANN401 - any scalar
) -> PartOfACall:
    """A job's part of a call."""
    request_data = {"prompt": "a red circle", "width": 64, "height": 64, "num_inference_steps": 2, **asked}
    _, request = resolve_request(PATHS[media_type], request_data, CATALOGUE)
    return PartOfACall(request=request, seed=seed, on_step=on_step)


def together(engine: DiffusersEngine, *parts: PartOfACall, media_type: MediaType = MediaType.IMAGES) -> None:
    """One call."""
    engine.generate(IMAGE if media_type is MediaType.IMAGES else VIDEO, parts)


def pixels(picture: Pictures) -> np.ndarray[Any, Any]:
    """Its values, which can be subtracted."""
    return picture.astype(int)


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


def test_memory_that_is_too_small_is_said_so(diffusers_engine: DiffusersEngine) -> None:
    def run_out(step: int, steps: int) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has ...")

    with pytest.raises(GenerationFailed) as failed:
        generate(diffusers_engine, on_step=run_out)

    failure = failed.value.failure
    assert (failure.code, failure.stage, failure.retryable) == (
        ErrorCode.OUT_OF_MEMORY,
        FailedStage.GENERATING,
        False,
    )
    assert failure.message == (
        "This was too big for the GPU's memory: ask for fewer or smaller pictures, or fewer frames."
    )


def once(error: Exception) -> OnStep:
    """Raise it at the first step that comes."""
    errors = [error]

    def raise_it(step: int, steps: int) -> None:
        if errors:
            raise errors.pop()

    return raise_it


@pytest.mark.parametrize("media_type", MediaType)
def test_what_runs_out_of_memory_alone_is_made_once_more_with_less(
    media_type: MediaType, diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[bool] = []
    asked_for = part(media_type, **SHORT[media_type])
    run_out = once(torch.OutOfMemoryError("CUDA out of memory"))

    def look(step: int, steps: int) -> None:
        vae = diffusers_engine.shelf.take(IMAGE if media_type is MediaType.IMAGES else VIDEO).base.vae
        used.append(vae.use_tiling)
        run_out(step, steps)

    asked_for.on_step = look
    together(diffusers_engine, asked_for, media_type=media_type)

    assert asked_for.remade == [OUT_OF_MEMORY]
    assert used == [False, True, True]
    usual = generate(diffusers_engine, media_type, **SHORT[media_type])
    assert abs(pixels(asked_for.pictures) - pixels(usual)).max() <= 2


def test_several_that_run_out_of_memory_are_not_made_again_together(diffusers_engine: DiffusersEngine) -> None:
    parts = [part(on_step=once(torch.OutOfMemoryError("CUDA out of memory"))), part()]

    with pytest.raises(GenerationFailed):
        together(diffusers_engine, *parts)

    assert [one.remade for one in parts] == [[], []]


class TestCompiled:
    """A block that was compiled at the usual size, and fails at another one."""

    @pytest.fixture
    def loaded(self, diffusers_engine: DiffusersEngine) -> Iterator[LoadedModel]:
        loaded = diffusers_engine.shelf.take(IMAGE)
        loaded.took = ["channels_last", "attention", "compile"]
        self.compile(loaded, fails=True)
        yield loaded
        self.block(loaded)._compiled_call_impl = None
        loaded.took = []

    @staticmethod
    def block(loaded: LoadedModel) -> Any:  # noqa: ANN401 - the library is untyped
        return loaded.base.unet.mid_block

    def compile(self, loaded: LoadedModel, *, fails: bool) -> None:
        def compiled(*given: object, **named: object) -> object:
            if fails:
                raise RuntimeError("a secret prompt")
            return self.block(loaded)._call_impl(*given, **named)

        self.block(loaded)._compiled_call_impl = compiled

    def test_it_is_made_without_what_was_compiled_and_so_are_all_that_follow(
        self, diffusers_engine: DiffusersEngine, loaded: LoadedModel, caplog: pytest.LogCaptureFixture
    ) -> None:
        first, second = part(), part()

        together(diffusers_engine, first)
        together(diffusers_engine, second)

        assert (first.remade, second.remade) == ([COMPILE], [])
        assert first.pictures.tobytes() == second.pictures.tobytes()
        assert loaded.took == ["channels_last"]
        (said,) = [record for record in caplog.records if record.message == "compile_given_up"]
        assert (said.__dict__["model"], said.__dict__["exception_type"]) == (IMAGE.id, "RuntimeError")
        assert "secret" not in caplog.text

    def test_a_request_that_fails_all_the_same_slows_nobody_else(
        self, diffusers_engine: DiffusersEngine, loaded: LoadedModel
    ) -> None:
        def bad(step: int, steps: int) -> None:
            raise ValueError(step)

        self.compile(loaded, fails=False)
        compiled = self.block(loaded)._compiled_call_impl

        with pytest.raises(ValueError, match="1"):
            generate(diffusers_engine, on_step=bad)

        assert self.block(loaded)._compiled_call_impl is compiled
        assert "compile" in loaded.took

    @pytest.mark.parametrize(
        "error", [ClaimLost(), torch.OutOfMemoryError("CUDA"), torch.AcceleratorError("CUDA error")], ids=repr
    )
    def test_what_is_not_the_compilers_is_not_taken_for_it(
        self, error: Exception, diffusers_engine: DiffusersEngine, loaded: LoadedModel
    ) -> None:
        self.compile(loaded, fails=False)
        asked_for = part(on_step=once(error))

        with contextlib.suppress(ClaimLost, GpuLost):
            together(diffusers_engine, asked_for)

        assert COMPILE not in asked_for.remade
        assert "compile" in loaded.took

    def test_a_video_of_which_frames_are_delivered_is_not_begun_again(
        self, diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loaded = diffusers_engine.shelf.take(VIDEO)
        monkeypatch.setattr(loaded, "took", ["compile"])
        asked_for = part(MediaType.VIDEOS, num_frames=9)

        def full(pictures: Pictures) -> None:
            asked_for.arrived.append(pictures)
            if len(asked_for.arrived) == 2:
                raise ValueError(len(pictures))

        monkeypatch.setattr(asked_for, "deliver", full)

        with pytest.raises(ValueError, match="4"):
            together(diffusers_engine, asked_for, media_type=MediaType.VIDEOS)

        assert asked_for.remade == []


def test_a_device_that_is_gone_is_not_a_bad_job(diffusers_engine: DiffusersEngine) -> None:
    with pytest.raises(GpuLost):
        generate(diffusers_engine, on_step=once(torch.AcceleratorError("CUDA error: device-side assert")))


def gone(*_: object, **__: object) -> None:
    """What torch raises then."""
    raise torch.AcceleratorError("CUDA error: unspecified launch failure")


@pytest.mark.parametrize("of", [(diffusers.DiffusionPipeline, "to"), (loading, "accelerate")], ids=["to", "probe"])
def test_a_device_that_is_gone_while_a_model_is_loaded_is_not_a_bad_model(
    of: tuple[Any, str], models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*of, gone)

    with pytest.raises(GpuLost):
        DiffusersEngine([IMAGE], models_folder)
    with pytest.raises(GpuLost):
        DiffusersEngine([IMAGE], models_folder, memory_gib=0).prepare(IMAGE)


def test_a_device_that_is_gone_while_a_lora_is_loaded_is_not_a_bad_lora(
    models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora = Lora(id="x", source=Source(folder="x"), revision="1", weight_name="x.safetensors", licence="MIT")
    loaded = LoadedModel(IMAGE, SimpleNamespace(load_lora_weights=gone), {"x": models_folder})

    with pytest.raises(torch.AcceleratorError):
        loaded.choose_lora(lora, 1.0)


def test_a_model_for_which_there_is_no_room_says_so(models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(diffusers.DiffusionPipeline, "to", full)

    assert refusal_of(models_folder).startswith(
        "The model safelight-image does not fit this GPU beside what is loaded: raise its memory_gib"
    )


def test_what_is_compiled_for_a_call_is_kept_when_it_is_over(models_folder: Path) -> None:
    saved: list[str] = []

    class Cache(CompileCache):
        def save(self) -> None:
            saved.append("saved")

    engine = DiffusersEngine([IMAGE], models_folder, compiled=Cache(models_folder))
    assert saved == []

    generate(engine)

    assert saved == ["saved"]


class TestBlack:
    """Half precision that overflows gives what is not a number, and that becomes black."""

    @pytest.fixture
    def decoder(self, diffusers_engine: DiffusersEngine) -> Any:  # noqa: ANN401 - untyped
        return diffusers_engine.shelf.take(IMAGE).base.vae.decoder

    @pytest.fixture
    def frames_decoder(self, diffusers_engine: DiffusersEngine) -> Any:  # noqa: ANN401 - untyped
        return diffusers_engine.shelf.take(VIDEO).base.vae.decoder

    @staticmethod
    def spoil(decoder: Any, value: float, times: int) -> Any:  # noqa: ANN401 - untyped
        left = iter(range(times))

        def instead(_: object, __: object, decoded: torch.Tensor) -> torch.Tensor | None:
            return torch.full_like(decoded, value) if next(left, None) is not None else None

        return decoder.register_forward_hook(instead)

    @pytest.mark.parametrize("value", [float("nan"), float("inf") * 0, -1.0], ids=["nan", "inf", "black"])
    def test_an_image_that_is_black_is_made_once_more(
        self, value: float, diffusers_engine: DiffusersEngine, decoder: torch.nn.Module
    ) -> None:
        asked_for = part()
        with self.spoil(decoder, value, times=1):
            together(diffusers_engine, asked_for)

        assert asked_for.remade == [BLACK]
        assert pixels(asked_for.pictures).max() > 0

    def test_an_image_that_is_meant_to_be_black_is_delivered(
        self, diffusers_engine: DiffusersEngine, decoder: torch.nn.Module
    ) -> None:
        asked_for = part()
        with self.spoil(decoder, -1.0, times=2):
            together(diffusers_engine, asked_for)

        assert pixels(asked_for.pictures).max() == 0

    def test_what_is_no_number_twice_fails(
        self, diffusers_engine: DiffusersEngine, decoder: torch.nn.Module
    ) -> None:
        with self.spoil(decoder, float("nan"), times=2), pytest.raises(GenerationFailed) as failed:
            generate(diffusers_engine)

        assert failed.value.failure.code is ErrorCode.GENERATION_FAILED

    @pytest.mark.parametrize(("times", "remade"), [(1, []), (2, [BLACK])], ids=["a fade", "all of it"])
    def test_a_video_is_made_once_more_only_if_nothing_can_be_seen_in_it(
        self, times: int, remade: list[str], diffusers_engine: DiffusersEngine, frames_decoder: torch.nn.Module
    ) -> None:
        asked_for = part(MediaType.VIDEOS, num_frames=5)  # two groups: the first frame, and four more
        with self.spoil(frames_decoder, -1.0, times=times):
            together(diffusers_engine, asked_for, media_type=MediaType.VIDEOS)

        assert asked_for.remade == remade
        assert asked_for.pictures.shape == (5, 64, 64, 3)
        assert bool(pixels(asked_for.pictures[0]).max() == 0) is (not remade)


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


class TestPreviews:
    @pytest.fixture(params=MediaType)
    def media_type(self, request: pytest.FixtureRequest) -> MediaType:
        return MediaType(request.param)

    @pytest.fixture
    def fitted(self, media_type: MediaType, models_folder: Path) -> DiffusersEngine:
        model = CATALOGUE.of(media_type)[0]
        engine = DiffusersEngine([model], models_folder)
        prompts = enumerate(IMAGE.examples)
        parts = [part(media_type, seed=n, prompt=one, **SHORT[media_type]) for n, one in prompts]
        engine.generate(model, parts, fit_previews=True)
        return engine

    def test_they_look_like_what_is_to_come(self, media_type: MediaType, fitted: DiffusersEngine) -> None:
        """Nearer to the small finished picture than the first preview of another one is."""
        sea, heart = (
            part(media_type, seed=9, num_inference_steps=12, prompt=prompt, **SHORT[media_type])
            for prompt in ("sunset over the sea", "a red heart on a white background")
        )
        for one in (sea, heart):
            together(fitted, one, media_type=media_type)

        side = sea.previews[0].shape[0]
        small = pixels(sea.pictures[0]).reshape(side, 64 // side, side, 64 // side, 3).mean(axis=(1, 3))
        assert abs(pixels(sea.previews[0]) - small).mean() < abs(pixels(heart.previews[0]) - small).mean()

    def test_none_is_made_before_the_colours_are_known(
        self, media_type: MediaType, diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(diffusers_engine, "projections", {})
        asked_for = part(media_type, **SHORT[media_type])
        together(diffusers_engine, asked_for, media_type=media_type)

        assert asked_for.previews == []

    def test_they_change_no_pixel(
        self, media_type: MediaType, fitted: DiffusersEngine, diffusers_engine: DiffusersEngine
    ) -> None:
        with_previews, without = (
            generate(engine, media_type, seed=5, num_inference_steps=4, **SHORT[media_type])
            for engine in (fitted, diffusers_engine)
        )

        assert with_previews.tobytes() == without.tobytes()


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


@pytest.fixture
def own_models(models_folder: Path, tmp_path: Path) -> Path:
    """A copy that can be broken."""
    return Path(shutil.copytree(models_folder, tmp_path / "models"))


def refusal_of(folder: Path, **changed: object) -> str:
    """The sentence with which a folder is refused, of a model whose entry names no checksums."""
    with pytest.raises(ModelInvalid) as refused:
        DiffusersEngine([IMAGE.model_copy(update={"sha256": {}, **changed})], folder)
    return str(refused.value)


@pytest.mark.parametrize("wrong", ["NoSuchPipeline", "StableDiffusionUpscalePipeline", "UNet2DModel"])
def test_a_class_that_cannot_do_a_task_is_refused_before_anybody_asks_for_it(
    wrong: str, models_folder: Path
) -> None:
    sentence = refusal_of(models_folder, tasks=IMAGE.tasks | {Task.IMAGE_TO_IMAGE: wrong})

    assert sentence.startswith("safelight-image cannot do image-to-image: ")
    assert sentence.endswith(". Correct tasks in models/catalogue.toml.")


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    assert refusal_of(tmp_path) == (
        f"The folder of the model safelight-image is missing: {tmp_path / 'safelight-image'}. Put its weights "
        "there, or set SAFELIGHT_MODELS_FOLDER to the folder that holds them, or leave it out of SAFELIGHT_MODELS."
    )


def test_a_folder_that_is_no_pipeline_is_named(tmp_path: Path) -> None:
    (tmp_path / "safelight-image").mkdir()

    assert refusal_of(tmp_path) == (
        f"{tmp_path / 'safelight-image'} is not a diffusers pipeline: it has no model_index.json. "
        "Save one there with pipeline.save_pretrained(folder)."
    )


def test_a_pipeline_of_another_class_than_the_catalogue_says_is_refused(own_models: Path) -> None:
    change_index(own_models, _class_name="StableDiffusionImg2ImgPipeline")

    assert refusal_of(own_models) == (
        "safelight-image is a StableDiffusionImg2ImgPipeline, but the catalogue says StableDiffusionPipeline: "
        "correct models/catalogue.toml, or put the right weights in its place."
    )


def write_no_json(folder: Path) -> None:
    (folder / "safelight-image" / "model_index.json").write_text("{")


def change_index(folder: Path, **changed: object) -> None:
    index = folder / "safelight-image" / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | changed))


def cut_off_the_weights(folder: Path) -> None:
    weights = folder / "safelight-image" / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000])


def take_away_the_weights(folder: Path) -> None:
    (folder / "safelight-image" / "unet" / "diffusion_pytorch_model.safetensors").unlink()


def put_a_pickle_in_place_of_the_weights(folder: Path) -> None:
    take_away_the_weights(folder)
    torch.save({}, folder / "safelight-image" / "unet" / "diffusion_pytorch_model.bin")


@pytest.mark.parametrize(
    "break_it",
    [
        write_no_json,
        cut_off_the_weights,
        take_away_the_weights,
        put_a_pickle_in_place_of_the_weights,
        pytest.param(lambda folder: change_index(folder, _class_name="NoSuchPipeline"), id="no_such_pipeline"),
        pytest.param(lambda folder: change_index(folder, unet=["diffusers", "NoSuch"]), id="no_such_part"),
        pytest.param(lambda folder: change_index(folder, unet=["my_code", "Unet"]), id="code_of_its_own"),
        pytest.param(lambda folder: shutil.rmtree(folder / "safelight-image" / "vae"), id="a_part_is_missing"),
    ],
)
def test_a_pipeline_that_does_not_load_is_refused_in_one_line(
    break_it: Callable[[Path], None], own_models: Path
) -> None:
    break_it(own_models)

    sentence = refusal_of(own_models)

    assert sentence.startswith(
        f"The model safelight-image cannot be loaded from {own_models / 'safelight-image'}: "
    )
    assert sentence.endswith(". Put the whole pipeline there, as pipeline.save_pretrained(folder) writes it.")
    assert "\n" not in sentence
