"""From a resolved request to files: the GPU's turn, and the encoding beside it."""

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.catalogue import Model
from contracts.errors import Broken, ClaimLost, ErrorCode, FailedStage, GenerationFailed, Unavailable
from contracts.paths import GenerationPath, MediaType
from contracts.status import Stage
from contracts.stored_object import File
from worker.files import Encoder, Provenance, encoder
from worker.gpu_turn import GpuTurn, Pictures, Watcher
from worker.moderation import OutputCheck, Shown
from worker.pace import Expected

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Made:
    """The files of one generation and what `generation_data` says of them."""

    files: list[File]
    facts: dict[str, Any]
    """All of `generation_data` but the objects' names, sizes, checksums and URLs."""
    seconds: dict[str, float]
    """`loading` (until the GPU's turn), `generating` and `encoding` (after the last picture, with the check)."""
    took: Expected | None
    """What it took on the GPU; None where it was not one clean run."""


class _Deadline:
    """A watcher that also looks at the clock: what RunPod would end is ended here, and its document says why."""

    def __init__(self, watcher: Watcher, seconds: float, monotonic: Callable[[], float], *, shows: bool) -> None:
        self._watcher = watcher
        self._seconds = seconds
        self._shows = shows
        self._monotonic = monotonic
        self.began: float | None = None
        """When the GPU's turn came."""
        self.stepped: list[float] = []
        """When each step was done."""

    def enter(self, stage: Stage) -> None:
        """See `Watcher.enter`."""
        if stage is Stage.GENERATING and self.began is None:
            self.began = self._monotonic()
        self._watcher.enter(stage)

    def step(self, step: int, steps: int) -> None:
        """See `Watcher.step`. Raises `Unavailable` when time is up."""
        now = self._monotonic()
        self.stepped.append(now)
        if self.began is not None and now - self.began > self._seconds:
            raise Unavailable(
                ErrorCode.TIMED_OUT, FailedStage.GENERATING, "This took too long. Fewer steps or pixels take less."
            )
        self._watcher.step(step, steps)

    def show(self, preview: Pictures) -> None:
        """See `Watcher.show`. Where pictures are checked, none is shown before it was."""
        if self._shows:
            self._watcher.show(preview)


def make(
    path: GenerationPath,
    model: Model,
    request: Mapping[str, Any],
    seed: int,
    *,
    gpu: GpuTurn,
    watcher: Watcher,
    check: OutputCheck | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Made:
    """Generate, check and encode.

    Raises `ClaimLost`, or `GenerationFailed` for whatever the pipeline raised, and what does not pass the check.
    """
    waiting = monotonic()
    clock = _Deadline(watcher, model.execution_timeout_seconds, monotonic, shows=check is None)
    stage, shown = Stage.GENERATING, Shown(path, request, check)
    provenance = Provenance(model=model.id, revision=model.revision, seed=seed)
    try:
        with encoder(path, request, provenance) as encoding:
            arrived = waiting
            for pictures in gpu.generate(request, seed, clock):
                arrived, stage = monotonic(), Stage.ENCODING
                encoding.add(pictures)
                shown.add(pictures)
                stage = Stage.GENERATING
            stage = Stage.ENCODING
            clock.enter(stage)
            shown.check()
            files = encoding.finish()
            encoded = monotonic()
    except (ClaimLost, GenerationFailed):
        raise
    except Exception as error:  # noqa: BLE001 - a pipeline may raise anything; a bad job is not a bad worker
        raise _failed(path, stage, error) from None
    began = clock.began or waiting
    seconds = {"loading": began - waiting, "generating": arrived - began, "encoding": encoded - arrived}
    return Made(
        files=files,
        facts=_facts(path, request=request, of=provenance, files=files, made=encoding) | _made(gpu),
        seconds={name: round(max(0.0, value), 3) for name, value in seconds.items()},
        took=_took(clock, encoded) if gpu.remade is None else None,
    )


def _facts(
    path: GenerationPath, *, request: Mapping[str, Any], of: Provenance, files: list[File], made: Encoder
) -> dict[str, Any]:
    facts = {
        "content_type": files[0].content_type,
        "width": made.width,
        "height": made.height,
        "seed": of.seed,
        "model": of.model,
        "revision": of.revision,
    }
    if path.media_type is MediaType.VIDEOS:
        fps = request["fps"]
        facts |= {"fps": fps, "num_frames": made.count, "duration_seconds": made.count / fps}
    return facts


def _made(gpu: GpuTurn) -> dict[str, Any]:
    """What was unusual about it."""
    facts: dict[str, Any] = {"remade": gpu.remade} if gpu.remade else {}
    return facts | ({"lossy": list(gpu.lossy)} if gpu.lossy else {})


def _took(clock: _Deadline, until: float) -> Expected | None:
    if not clock.stepped or clock.began is None:
        return None
    last = clock.stepped[-1]
    return Expected(step=(last - clock.began) / len(clock.stepped), rest=until - last)


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
