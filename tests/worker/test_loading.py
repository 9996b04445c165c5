"""What is refused when a model is loaded, and a GPU that is lost then. Families are in test_families.py."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers
import pytest
import torch

from contracts.catalogue import Lora, Source
from contracts.task import Task
from tests.worker import library_warnings
from tests.worker.engine_calls import IMAGE
from worker import loading
from worker.cannot_start import ModelInvalid
from worker.engine import DiffusersEngine
from worker.loading import LoadedModel, _adapter_name
from worker.pipelines import GpuLost

pytestmark = library_warnings.IGNORED


def test_each_lora_is_known_to_torch_by_a_name_of_its_own() -> None:
    ids = ("a.b", "a_b", "a-b", "a_2e_b", "A.b", "ab", "a..b")
    any_lora = Lora(id="x", source=Source(folder="x"), revision="1", weight_name="x.safetensors", licence="MIT")

    names = {_adapter_name(any_lora.model_copy(update={"id": one})) for one in ids}

    assert len(names) == len(ids)
    assert not any("." in name for name in names)


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
