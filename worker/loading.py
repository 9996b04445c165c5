"""From a catalogue entry to a pipeline on its device."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline

from contracts.catalogue import Model
from worker.cannot_start import ModelInvalid


def load(model: Model, folder: Path, device: str) -> Any:  # noqa: ANN401 - the library is untyped
    """Raises `ModelInvalid`: a worker that cannot generate should not take jobs."""
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
