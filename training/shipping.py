"""From trained parts to a folder that `DiffusionPipeline.from_pretrained` loads, with nothing of ours in it."""

import hashlib
import json
from pathlib import Path

import torch
from diffusers import DiffusionPipeline


def save_in_half_precision(pipeline: DiffusionPipeline, folder: Path) -> None:
    """Files of half the size; loaded without a `dtype`, all parts compute in single precision."""
    pipeline.to(torch.float16).save_pretrained(folder)
    # transformers would keep the files' dtype for the text encoder alone, and its output would not fit the rest.
    config = folder / "text_encoder" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"dtype": "float32"}, indent=2) + "\n")


def checksums(folder: Path) -> str:
    """The files with weights, as the catalogue's `[models.sha256]` names them."""
    return "\n".join(
        f'"{file.relative_to(folder).as_posix()}" = "{hashlib.sha256(file.read_bytes()).hexdigest()}"'
        for file in sorted(folder.rglob("*.safetensors"))
    )
