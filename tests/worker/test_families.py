"""Every model of the catalogue and every task of it, through the worker's own load path, with tiny weights.

What is asked is what a request may ask, only smaller: sizes, frames and steps.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Catalogue, Lora, Model, Parameter, Source
from contracts.errors import ClaimLost, ErrorCode, GenerationFailed
from contracts.paths import GenerationPath, MediaType
from contracts.request import UPLOAD_FIELDS
from contracts.task import Task
from contracts.validation import resolve_request
from tests.worker import library_warnings
from tests.worker.parts import PartOfACall
from tests.worker.pictures import halves, hills, noise
from tests.worker.tiny_pipelines import BUILDERS, OTHERS, bake_tiny
from worker.batching import Batching
from worker.engine import OUT_OF_MEMORY, DiffusersEngine
from worker.gpu_turn import Pictures
from worker.latents import Projection
from worker.warm_up import warm_up

pytestmark = library_warnings.IGNORED

CATALOGUE = load_catalogue()
STEPS = 4
STRENGTH = 0.5
SIDE = {MediaType.IMAGES: 64, MediaType.VIDEOS: 32}
GIVEN: Mapping[str, Image.Image] = {
    "input_image": Image.fromarray(hills(64, 64, grain=20)),
    "mask_image": Image.fromarray(halves((0, 0, 0), (255, 255, 255), 64, 64)).convert("L"),
}
"""To be made as large as is asked for, as `worker.inputs` does."""
FAMILY = {model.id: model.pipeline_class for model in CATALOGUE.models}
PAIRS = [(model.id, task) for model in CATALOGUE.models for task in model.tasks]
FROM_PICTURES = [pair for pair in PAIRS if pair[1] in {Task.IMAGE_TO_IMAGE, Task.IMAGE_TO_VIDEO}]
PREVIEWED = [
    (model_id, task)
    for model_id, task in PAIRS
    if not FAMILY[model_id].startswith(("Flux", "LTX"))  # packed into rows of tokens
]
MODELS = [model.id for model in CATALOGUE.models]
WITH_LORAS = [name for name in MODELS if name not in {"safelight-video", "sdxl-turbo", "flux.1-dev"}]
"""Of each family one; of Wan all, for their transformers differ."""
LORA = Lora(
    id="pixels",
    source=Source(folder="loras"),
    revision="1",
    weight_name="pixels.safetensors",
    licence="Apache-2.0",
)


def small(model: Model) -> Model:
    """The entry, with limits and defaults that a CPU can serve in no time; and with LoRAs."""
    side = SIDE[model.media_type]
    smaller: dict[str, dict[str, Any]] = {
        "width": {"default": side, "minimum": side, "maximum": side},
        "height": {"default": side, "minimum": side, "maximum": side},
        "num_inference_steps": {"default": STEPS},
        "strength": {"default": STRENGTH},
        "num_frames": {"default": frames_of(model)},
    }
    parameters = {
        name: parameter.model_copy(update=smaller.get(name, {})) for name, parameter in model.parameters.items()
    }
    parameters |= {"lora": Parameter(), "lora_scale": Parameter(default=1.0, minimum=0, maximum=2)}
    loras = [
        LORA.model_copy(update={"id": name, "weight_name": f"{model.id}-{name}.safetensors"})
        for name in ("pixels", "unfit")
    ]
    return model.model_copy(update={"offered": True, "default": True, "parameters": parameters, "loras": loras})


def frames_of(model: Model) -> int:
    """The fewest that show that there are several."""
    frames = model.parameters.get("num_frames")
    return 1 + (frames.one_more_than_a_multiple_of or 1) if frames else 1


SMALL = {model.id: small(model) for model in CATALOGUE.models}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """So little arithmetic is done sooner by one than by several who wait for each other."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="session")
def baked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all models, each one made when somebody wants it."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def engines(baked: Path) -> dict[str, DiffusersEngine]:
    """Those that are loaded."""
    return {}


@pytest.fixture
def model(model_id: str) -> Model:
    return SMALL[model_id]


@pytest.fixture
def engine(model: Model, baked: Path, engines: dict[str, DiffusersEngine]) -> DiffusersEngine:
    if model.id not in engines:
        save_loras(model, lora_for(bake_tiny(model, baked)), baked / "loras")
        engines[model.id] = DiffusersEngine([model], baked)
    return engines[model.id]


def part(
    model: Model, task: Task, asked: Mapping[str, Any] | None = None, given: Mapping[str, Image.Image] = GIVEN
) -> PartOfACall:
    """What a job would bring: the resolved request, with pictures in place of uploads."""
    path = GenerationPath(user_id="u1", media_type=model.media_type, file_uid="f1")
    uploads = {name: f"uploads/u1/{name}" for name in task.starts_from}
    request_data = {"prompt": "a red circle", "model": model.id, **uploads, **(asked or {})}
    _, request = resolve_request(path, request_data, Catalogue(models=[model]))
    size = request["width"], request["height"]
    pictures = {name: given[name].resize(size) for name in UPLOAD_FIELDS if name in request}
    return PartOfACall(request={**request, **pictures}, seed=request.get("seed", 1))


def made(
    engine: DiffusersEngine,
    model: Model,
    task: Task,
    given: Mapping[str, Image.Image] = GIVEN,
    **asked: Any,  # noqa: ANN401 - any scalar
) -> Pictures:
    """What it is answered with."""
    asked_for = part(model, task, asked, given)
    engine.generate(model, [asked_for])
    assert asked_for.remade == []
    return asked_for.pictures


def first_task(model: Model) -> Task:
    return next(iter(model.tasks))


def test_each_repository_of_the_catalogue_has_a_tiny_pipeline() -> None:
    assert {model.pipeline_class for model in CATALOGUE.models if model.source.repository} <= BUILDERS.keys()
    assert OTHERS.keys() <= FAMILY.keys()


@pytest.mark.parametrize(("model_id", "task"), PAIRS)
def test_each_task_gives_what_is_asked_for_and_the_same_once_more(
    model: Model, task: Task, engine: DiffusersEngine
) -> None:
    told: list[tuple[int, int]] = []
    count = 2 if task.media_type is MediaType.IMAGES else frames_of(model)
    asked: dict[str, Any] = {"num_images": count} if task.media_type is MediaType.IMAGES else {}
    asked_for = part(model, task, asked)
    asked_for.on_step = lambda step, steps: told.append((step, steps))

    engine.generate(model, [asked_for])

    side = SIDE[task.media_type]
    assert asked_for.pictures.shape == (count, side, side, 3)
    assert asked_for.remade == []
    assert all(picture.std() > 1 for picture in asked_for.pictures)
    steps = int(STEPS * STRENGTH) if "strength" in asked_for.request else STEPS
    assert told == [(step, steps) for step in range(1, steps + 1)]
    assert made(engine, model, task, **asked).tobytes() == asked_for.pictures.tobytes()


@pytest.mark.parametrize(("model_id", "task"), PAIRS)
def test_another_seed_gives_another_picture(model: Model, task: Task, engine: DiffusersEngine) -> None:
    one, other = (made(engine, model, task, num_inference_steps=2, seed=seed) for seed in (7, 8))

    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize(("model_id", "task"), PAIRS)
def test_a_cancel_ends_it_at_the_step_where_it_is_noticed(
    model: Model, task: Task, engine: DiffusersEngine
) -> None:
    told: list[int] = []
    asked_for = part(model, task)

    def stop(step: int, steps: int) -> None:
        told.append(step)
        raise ClaimLost

    asked_for.on_step = stop
    with pytest.raises(ClaimLost):
        engine.generate(model, [asked_for])

    assert told == [1]
    assert asked_for.arrived == []


@pytest.mark.parametrize(("model_id", "task"), FROM_PICTURES)
def test_what_it_starts_from_can_be_seen_in_what_it_makes(
    model: Model, task: Task, engine: DiffusersEngine
) -> None:
    other = {"input_image": Image.fromarray(noise(64, 64))}

    from_hills, from_noise = (made(engine, model, task, given, num_inference_steps=2) for given in (GIVEN, other))

    assert from_hills.tobytes() != from_noise.tobytes()


@pytest.mark.parametrize("model_id", [name for name in MODELS if Task.INPAINTING in SMALL[name].tasks])
def test_what_the_mask_leaves_black_stays(model: Model, engine: DiffusersEngine) -> None:
    """Each seed repaints the right half; of what the VAE makes of the left one, only the seam differs."""
    one, other = (
        made(engine, model, Task.INPAINTING, strength=1.0, num_inference_steps=2, seed=seed).astype(int)
        for seed in (1, 2)
    )

    kept, repainted = abs(one - other)[:, :, :8], abs(one - other)[:, :, -8:]
    assert kept.mean() < repainted.mean() / 2


@pytest.mark.parametrize("model_id", MODELS)
def test_all_tasks_have_the_same_weights_each_of_its_precision(model: Model, engine: DiffusersEngine) -> None:
    loaded = engine.shelf.take(model)
    weights = {name: {*part.parameters()} for name, part in modules(loaded.base).items()}

    for task in model.tasks:
        pipeline = loaded.pipeline(task)
        assert type(pipeline).__name__ == model.tasks[task]
        for name, module in modules(pipeline).items():
            precisions = {weight.dtype for weight in module.parameters()}
            if name in model.float32_parts:
                assert precisions == {torch.float32}
            else:  # some layers are kept in float32 by the library
                assert getattr(torch, model.dtype) in precisions
            assert {*module.parameters()} == weights[name]
    assert {*model.float32_parts} <= weights.keys()


def modules(pipeline: Any) -> dict[str, torch.nn.Module]:  # noqa: ANN401 - the library is untyped
    return {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}


@pytest.mark.parametrize("model_id", MODELS)
def test_each_family_can_be_made_with_less_memory(model: Model, engine: DiffusersEngine) -> None:
    asked_for = part(model, first_task(model), {"num_inference_steps": 2})
    errors = [torch.OutOfMemoryError("CUDA out of memory")]

    def run_out(step: int, steps: int) -> None:
        if errors:
            raise errors.pop()

    asked_for.on_step = run_out
    engine.generate(model, [asked_for])

    assert asked_for.remade == [OUT_OF_MEMORY]
    assert all(picture.std() > 1 for picture in asked_for.pictures)


def save_loras(model: Model, lora: Mapping[str, torch.Tensor], folder: Path) -> None:
    """One that fits, and one whose matrices are too narrow."""
    fits, does_not = (folder / one.weight_name for one in model.loras)
    folder.mkdir(exist_ok=True)
    save_file({**lora}, fits)
    save_file({name: weight[..., :2].contiguous() for name, weight in lora.items()}, does_not)


class TestLora:
    @pytest.mark.parametrize("model_id", WITH_LORAS)
    def test_it_changes_the_picture_as_much_as_is_asked_and_leaves_no_trace(
        self, model: Model, engine: DiffusersEngine
    ) -> None:
        task = first_task(model)
        without = made(engine, model, task, num_inference_steps=2)

        little, much = (
            made(engine, model, task, num_inference_steps=2, lora="pixels", lora_scale=scale) for scale in (0.5, 1)
        )

        assert len({one.tobytes() for one in (without, little, much)}) == 3
        assert made(engine, model, task, num_inference_steps=2).tobytes() == without.tobytes()

    @pytest.mark.parametrize("model_id", ["sdxl", "wan2.2-ti2v-5b"])
    def test_it_is_there_for_every_task(self, model: Model, engine: DiffusersEngine) -> None:
        made(engine, model, first_task(model), num_inference_steps=2, lora="pixels")

        for task in model.tasks:
            without = made(engine, model, task, num_inference_steps=2)
            with_it = made(engine, model, task, num_inference_steps=2, lora="pixels")
            assert without.tobytes() != with_it.tobytes()

    @pytest.mark.parametrize("model_id", ["sdxl", "flux.1-schnell", "wan2.1-t2v-1.3b"])
    def test_one_that_does_not_fit_fails_its_own_job_only(self, model: Model, engine: DiffusersEngine) -> None:
        task = first_task(model)
        before = made(engine, model, task, num_inference_steps=2)

        with pytest.raises(GenerationFailed) as failed:
            made(engine, model, task, num_inference_steps=2, lora="unfit")

        assert failed.value.failure.code is ErrorCode.MODEL_UNAVAILABLE
        assert made(engine, model, task, num_inference_steps=2).tobytes() == before.tobytes()
        changed = made(engine, model, task, num_inference_steps=2, lora="pixels")
        assert changed.tobytes() != before.tobytes()


def lora_for(folder: Path) -> dict[str, torch.Tensor]:
    """Of rank 4, for the attention of the part that denoises, in the format of diffusers and peft."""
    (part,) = {"unet", "transformer"} & {one.name for one in folder.iterdir()}
    (weights,) = (folder / part).glob("*.safetensors")
    random = torch.Generator().manual_seed(0)
    lora = {}
    for name, weight in load_file(weights).items():
        if name.endswith(("to_q.weight", "to_k.weight", "to_v.weight")):
            width, out = weight.shape[1], weight.shape[0]
            layer = f"{part}.{name.removesuffix('.weight')}"
            lora[f"{layer}.lora_A.weight"] = torch.randn(4, width, generator=random)
            lora[f"{layer}.lora_B.weight"] = torch.randn(out, 4, generator=random)
    return lora


class TestPreviews:
    @pytest.fixture(autouse=True)
    def always(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("worker.call.PREVIEW_EVERY_SECONDS", 0.0)

    @pytest.mark.parametrize(("model_id", "task"), PREVIEWED)
    def test_the_last_one_shows_the_finished_latents(
        self, model: Model, task: Task, engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also where a picture let it skip the first steps; `fit` is asked with what has been finished."""
        finished: list[torch.Tensor] = []
        channels = latent_channels(engine.shelf.take(model).base)
        projection = Projection(torch.linspace(-1, 1, (channels + 1) * 3).reshape(channels + 1, 3))

        def remember(latents: torch.Tensor, pictures: torch.Tensor) -> Projection:
            finished.append(latents)
            return projection

        monkeypatch.setattr("worker.engine.fit", remember)
        monkeypatch.setattr(engine, "projections", {model.id: projection})
        asked_for = part(model, task)
        engine.generate(model, [asked_for], fit_previews=True)

        (latents,) = finished
        assert latents.shape[:2] == (1, channels)
        expected = projection.pictures(latents).numpy()[0].astype(int)
        assert abs(asked_for.previews[-1] - expected).max() <= 2

    @pytest.mark.parametrize("model_id", ["cogvideox-5b"])
    def test_a_longer_video_than_the_one_that_they_were_fitted_to_has_them(
        self, model: Model, engine: DiffusersEngine
    ) -> None:
        task = first_task(model)
        engine.generate(model, [part(model, task, {"num_inference_steps": 2})], fit_previews=True)

        longer = part(model, task, {"num_inference_steps": 2, "num_frames": 17})
        engine.generate(model, [longer])

        assert len(longer.previews) == 2
        assert longer.pictures.shape[0] == 17


@pytest.mark.parametrize("model_id", ["wan2.1-i2v-14b"])
def test_one_that_only_starts_from_a_picture_is_warmed_up(model: Model, engine: DiffusersEngine) -> None:
    (took,) = warm_up(engine, Catalogue(models=[model]), Batching())

    assert took.gpu > 0
    assert model.id in engine.projections


def latent_channels(pipeline: Any) -> int:  # noqa: ANN401 - the library is untyped
    config = pipeline.vae.config
    return int(config["z_dim"] if "z_dim" in config else config["latent_channels"])
