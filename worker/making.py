"""From a resolved request to files: the GPU's turn, and the encoding."""

import logging
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.catalogue import Model
from contracts.errors import Broken, ClaimLost, ErrorCode, FailedStage, GenerationFailed
from contracts.paths import GenerationPath, MediaType
from contracts.status import Stage
from contracts.stored_object import File
from worker.files import encode
from worker.workplace import Engine, Watcher

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Made:
    """The files of one generation and what `generation_data` says of them."""

    files: list[File]
    facts: dict[str, Any]
    """All of `generation_data` but the objects' names, sizes, checksums and URLs."""
    seconds: dict[str, float]
    """`generating` and `encoding`."""


def make(
    path: GenerationPath, model: Model, request: Mapping[str, Any], seed: int, *, engine: Engine, watcher: Watcher
) -> Made:
    """Generate and encode. Raises `ClaimLost`, or `GenerationFailed` for whatever the pipeline raised."""
    stage = Stage.GENERATING
    try:
        watcher.enter(stage)
        began = time.monotonic()
        pictures = engine.generate(model, request, seed, watcher.step)
        generated = time.monotonic()
        stage = Stage.ENCODING
        watcher.enter(stage)
        files = encode(path, pictures, request)
        encoded = time.monotonic()
    except (ClaimLost, GenerationFailed):
        raise
    except Exception as error:  # noqa: BLE001 - a pipeline may raise anything; a bad job is not a bad worker
        raise _failed(path, stage, error) from None
    width, height = pictures[0].size
    facts = {
        "content_type": files[0].content_type,
        "width": width,
        "height": height,
        "seed": seed,
        "model": model.id,
        "revision": model.revision,
    }
    if path.media_type is MediaType.VIDEOS:
        fps = request["fps"]
        facts |= {"fps": fps, "num_frames": len(pictures), "duration_seconds": len(pictures) / fps}
    seconds = {"generating": round(generated - began, 3), "encoding": round(encoded - generated, 3)}
    return Made(files=files, facts=facts, seconds=seconds)


def _failed(path: GenerationPath, stage: Stage, error: Exception) -> GenerationFailed:
    """The error's own text can hold the prompt, so the log gets its type and where it was raised."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        "generation_failed",
        extra={
            "generation": path.document,
            "exception_type": type(error).__name__,
            "where": f"{where.filename.rpartition('site-packages/')[2]}:{where.lineno}",
        },
    )
    return Broken(
        ErrorCode.GENERATION_FAILED, FailedStage(stage), "The model could not make this; other settings may work."
    )
