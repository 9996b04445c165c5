"""The pipelines: loaded once, called for each job. The worker's only file with torch and diffusers."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline
from diffusers.utils import logging as diffusers_logging
from PIL.Image import Image

from contracts.catalogue import Model
from contracts.errors import Broken, ErrorCode, FailedStage, GenerationFailed

OnStep = Callable[[int, int], None]
"""Called after each denoising step with its number, from 1, and the number of all; raises to stop."""

# What a pipeline is called with, out of the resolved request; the rest is for us.
CALL_PARAMETERS = (
    "prompt", "negative_prompt", "width", "height", "num_inference_steps", "guidance_scale", "num_frames",
)  # fmt: skip

log = logging.getLogger(__name__)


class ModelInvalid(Exception):  # noqa: N818 - read by whoever deploys
    """A model cannot be loaded. The message says what to do."""


class DiffusersEngine:
    """The models of one worker, on its GPU, or on its CPU where it has none."""

    def __init__(self, models: Sequence[Model], folder: Path) -> None:
        """Load all of them. Raises `ModelInvalid`: a worker that cannot generate should not take jobs."""
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._pipelines = {model.id: _load(model, folder, self._device) for model in models}
        diffusers_logging.set_verbosity_error()  # its warnings repeat the part of a prompt that is too long
        log.info("models_loaded", extra={"models": list(self._pipelines), "device": self._device})

    def generate(self, model: Model, request: Mapping[str, Any], seed: int, on_step: OnStep) -> list[Image]:
        """Make pictures, or the frames of one video.

        Args:
            model: an entry of the catalogue that this worker has loaded.
            request: the resolved request.
            seed: picture i is made from seed + i.
            on_step: told of each step; what it raises ends the generation and is raised here.

        Raises:
            GenerationFailed: the worker does not have the model, or its memory is too small.

        """
        pipeline = self._pipelines.get(model.id)
        if pipeline is None:
            raise Broken(
                ErrorCode.MODEL_UNAVAILABLE,
                FailedStage.LOADING,
                f"The model {model.id} is not served at the moment.",
            )
        try:
            with torch.inference_mode():
                output: Any = pipeline(**self._arguments(request, seed, on_step))
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise _too_big() from error
        return list(output.images if hasattr(output, "images") else output.frames[0])

    def _arguments(self, request: Mapping[str, Any], seed: int, on_step: OnStep) -> dict[str, Any]:
        count = request.get("num_images", 1)
        # Seeds are drawn on the CPU, so that a picture does not depend on the kind of GPU that begins it.
        generators = [torch.Generator("cpu").manual_seed(seed + index) for index in range(count)]
        several = {"num_images_per_prompt": count} if count > 1 else {}
        steps = request["num_inference_steps"]

        def after_step(_: Any, step: int, __: Any, tensors: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
            on_step(step + 1, steps)
            return tensors

        return {
            **{name: request[name] for name in CALL_PARAMETERS if name in request},
            **several,
            "generator": generators if count > 1 else generators[0],
            "output_type": "pil",
            "callback_on_step_end": after_step,
        }


def _load(model: Model, folder: Path, device: str) -> Any:  # noqa: ANN401 - the library is untyped
    where: Path | str = str(model.source.repository)
    options: dict[str, Any] = {"revision": model.revision}
    if model.source.folder is not None:
        where, options = folder / model.source.folder, {"local_files_only": True}
        _check_folder(model, where)
    from_pretrained: Any = DiffusionPipeline.from_pretrained
    try:
        pipeline = from_pretrained(where, dtype=getattr(torch, model.dtype), use_safetensors=True, **options)
        pipeline = pipeline.to(device)
    except Exception as error:
        reason = (str(error).strip() or "no reason given").splitlines()[0].rstrip(".")
        raise ModelInvalid(
            f"The model {model.id} cannot be loaded from {where}: {type(error).__name__}: {reason}. "
            "Put the whole pipeline there, as pipeline.save_pretrained(folder) writes it."
        ) from error
    if type(pipeline).__name__ != model.pipeline_class:
        raise ModelInvalid(
            f"{model.id} is a {type(pipeline).__name__}, but the catalogue says {model.pipeline_class}: "
            "correct models/catalogue.toml, or put the right weights in its place."
        )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _check_folder(model: Model, where: Path) -> None:
    if not where.is_dir():
        raise ModelInvalid(
            f"The folder of the model {model.id} is missing: {where}. Put its weights there, or set "
            "SAFELIGHT_MODELS_FOLDER to the folder that holds them, or leave it out of SAFELIGHT_MODELS."
        )
    if not (where / "model_index.json").is_file():
        raise ModelInvalid(
            f"{where} is not a diffusers pipeline: it has no model_index.json. "
            "Save one there with pipeline.save_pretrained(folder)."
        )
    for name, expected in model.sha256.items():
        if not (where / name).is_file() or _sha256(where / name) != expected:
            raise ModelInvalid(
                f"{where / name} is missing, or is not the file that the catalogue names for {model.id}. Put the "
                "right weights there (half a copy has others), or correct the entry."
            )


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _too_big() -> GenerationFailed:
    return Broken(
        ErrorCode.OUT_OF_MEMORY,
        FailedStage.GENERATING,
        "This was too big for the GPU's memory: ask for fewer or smaller pictures, or fewer frames.",
    )
