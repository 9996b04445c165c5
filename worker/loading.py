"""From a catalogue entry to pipelines on their device."""

import inspect
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import diffusers
import torch

from contracts.catalogue import Lora, Model
from contracts.task import Task
from worker.acceleration import accelerate
from worker.cannot_start import ModelInvalid, reason_of
from worker.denoiser import denoiser_of, forget_steps
from worker.preset import Preset
from worker.weights import find_lora, find_weights, sha256_of


class LoadedModel:
    """One model's weights, with a pipeline for each task."""

    def __init__(
        self,
        model: Model,
        pipeline: Any,  # noqa: ANN401 - the library is untyped
        lora_files: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        """Take the pipeline that the weights were loaded as, and the file of each LoRA by its id."""
        self.model = model
        self.base = pipeline
        self.took: Sequence[str] = ()
        """What `accelerate` says that took, and has not been given up since."""
        self._lora_files = lora_files
        self._pipelines: dict[Task, Any] = {next(iter(model.tasks)): pipeline}
        self._loras: set[str] = set()

    def pipeline(self, task: Task) -> Any:  # noqa: ANN401 - the library is untyped
        """The pipeline for one of the model's tasks; all of them have the same weights."""
        if task not in self._pipelines:
            made = _from_parts_of(self.base, getattr(diffusers, self.model.tasks[task]))
            made.set_progress_bar_config(disable=True)
            self._pipelines[task] = made
        return self._pipelines[task]

    @property
    def lossy(self) -> list[str]:
        """What makes its pictures other ones."""
        return [preset for preset in Preset if preset in self.took]

    @property
    def one_by_one(self) -> bool:
        """Whether pictures of one call would change each other."""
        return Preset.STEP_CACHE in self.took

    def begin(self) -> None:
        """Forget the steps of the call before, which may have been left in the middle."""
        forget_steps(denoiser_of(self.base))

    def choose_lora(self, lora: Lora | None, scale: float) -> None:
        """Let the next calls have this one and no other.

        Raises:
            ModelInvalid: it does not fit.
            torch.AcceleratorError: the GPU is gone.

        """
        if lora is None:
            if self._loras:
                self.base.disable_lora()
            return
        name = _adapter_name(lora)
        try:
            if name not in self._loras:
                file = self._lora_files[lora.id]
                self.base.load_lora_weights(
                    file.parent,
                    weight_name=file.name,
                    adapter_name=name,
                    use_safetensors=True,
                    local_files_only=True,
                )
                self._loras.add(name)
            self.base.enable_lora()
            self.base.set_adapters([name], [scale])
        except torch.AcceleratorError:
            raise
        except Exception as error:
            self.base.unload_lora_weights()  # half of it may have come in
            self._loras.clear()
            raise ModelInvalid(
                f"The LoRA {lora.id} does not fit {self.model.id}: {reason_of(error)}. Correct its entry in "
                "models/catalogue.toml, or take it out."
            ) from error


def load(model: Model, baked: Path, device: str, lossy: Collection[Preset] = ()) -> LoadedModel:
    """Find the weights, check them and bring them to the device.

    Args:
        model: an entry of the catalogue.
        baked: the folder that holds the image's own models.
        device: `cuda` or `cpu`.
        lossy: what may change its pictures to be faster.

    Raises:
        ModelInvalid: it is not there, or is not what the entry says. A worker that cannot generate takes no jobs.
        torch.AcceleratorError: the GPU is gone.

    """
    folder = find_weights(model, baked)
    # All of them now: a download in the middle of a call would keep the GPU waiting.
    lora_files = {lora.id: find_lora(model, lora, baked) for lora in model.loras}
    _check_folder(model, folder)
    pipeline = _load_pipeline(model, folder, device)
    if type(pipeline).__name__ != model.pipeline_class:
        raise ModelInvalid(
            f"{model.id} is a {type(pipeline).__name__}, but the catalogue says {model.pipeline_class}: "
            "correct models/catalogue.toml, or put the right weights in its place."
        )
    pipeline.set_progress_bar_config(disable=True)
    loaded = LoadedModel(model, pipeline, lora_files)
    _check_tasks(loaded)
    loaded.took = accelerate(pipeline, model, device, lossy)
    return loaded


def _load_pipeline(model: Model, folder: Path, device: str) -> Any:  # noqa: ANN401 - the library is untyped
    from_pretrained: Any = diffusers.DiffusionPipeline.from_pretrained
    try:
        pipeline = from_pretrained(
            folder, dtype=_dtypes(model), variant=model.variant, use_safetensors=True, local_files_only=True
        )
        return pipeline.to(device)
    except torch.AcceleratorError:
        raise
    except torch.OutOfMemoryError as error:
        raise ModelInvalid(
            f"The model {model.id} does not fit this GPU beside what is loaded: raise its memory_gib in "
            "models/catalogue.toml, so that more room is made for it."
        ) from error
    except Exception as error:
        raise ModelInvalid(
            f"The model {model.id} cannot be loaded from {folder}: {reason_of(error)}. "
            "Put the whole pipeline there, as pipeline.save_pretrained(folder) writes it."
        ) from error


def _check_tasks(loaded: LoadedModel) -> None:
    """Make the pipeline of each task: a wrong class should not be found by the first who asks for it."""
    for task in loaded.model.tasks:
        try:
            loaded.pipeline(task)
        except Exception as error:
            raise ModelInvalid(
                f"{loaded.model.id} cannot do {task}: {reason_of(error)}. Correct tasks in models/catalogue.toml."
            ) from error


def _dtypes(model: Model) -> torch.dtype | dict[str, torch.dtype]:
    usual: torch.dtype = getattr(torch, model.dtype)
    if not model.float32_parts:
        return usual
    return {"default": usual, **dict.fromkeys(model.float32_parts, torch.float32)}


def _from_parts_of(pipeline: Any, pipeline_class: Any) -> Any:  # noqa: ANN401 - the library is untyped
    """As `pipeline_class.from_pipe`; but that one brings every part to one dtype, and these parts are shared."""
    known = {**pipeline.config, **pipeline.components}
    names = inspect.signature(pipeline_class.__init__).parameters
    return pipeline_class(**{name: known[name] for name in names if name in known})


def _adapter_name(lora: Lora) -> str:
    """A module's name in torch, so it has no dots; and of each id another one."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}_", lora.id)


def _check_folder(model: Model, folder: Path) -> None:
    if not (folder / "model_index.json").is_file():
        raise ModelInvalid(
            f"{folder} is not a diffusers pipeline: it has no model_index.json. "
            "Save one there with pipeline.save_pretrained(folder)."
        )
    for name, expected in model.sha256.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != expected:
            raise ModelInvalid(
                f"{folder / name} is missing, or is not the file that the catalogue names for {model.id}. Put the "
                "right weights there (half a copy has others), or correct the entry."
            )
