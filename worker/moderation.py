"""What may be stored: the output check, and what it is shown of a generation."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from adapters.moderating import answered, yes_or_no
from contracts.errors import FailedStage, OutputBlocked
from contracts.paths import GenerationPath, MediaType
from worker.gpu_turn import Pictures

OutputCheck: TypeAlias = Callable[[Pictures], bool]
"""Whether these pictures may be stored, each of them. Several jobs' threads can call it at once."""


class Shown:
    """Of one generation, what is shown to its check: every image; of a video its first, middle and last frame.

    Three frames are a sample: what is in a video for a moment only can be missed.
    """

    def __init__(self, path: GenerationPath, request: Mapping[str, Any], check: OutputCheck | None) -> None:
        """Without a check nothing is kept."""
        self._path = path
        self._check = check
        self._is_video = path.media_type is MediaType.VIDEOS
        self._middle = request.get("num_frames", 0) // 2
        self._count = 0
        self._kept: list[Pictures] = []
        self._last: Pictures | None = None

    def add(self, pictures: Pictures) -> None:
        """The next ones, in order. What is kept is a copy."""
        if self._check is None:
            return
        if self._is_video:
            indexes = range(self._count, self._count + len(pictures))
            self._kept.append(pictures[[index in {0, self._middle} for index in indexes]])
            self._last = pictures[-1:].copy()
        else:
            self._kept.append(pictures.copy())
        self._count += len(pictures)

    def check(self) -> None:
        """Raise `OutputBlocked`, or `Unavailable` where the check gave no answer, and the operator was called."""
        if self._check is None:
            return
        check = self._check
        pictures = np.concatenate(self._kept if self._last is None else [*self._kept, self._last])
        if not answered(lambda: yes_or_no(check(pictures)), self._path, FailedStage.GENERATING):
            raise OutputBlocked
