"""The models that a worker serves: as many of them loaded as its memory holds.

Who is asked for and is not loaded takes the place of who was not asked for longest.
"""

import gc
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import torch

from contracts.catalogue import Model
from worker.loading import LoadedModel

log = logging.getLogger(__name__)


class Shelf:
    """Loaded models, in the order in which they were last asked for. One thread takes; others may look."""

    def __init__(
        self, models: Sequence[Model], *, load: Callable[[Model], LoadedModel], memory_gib: float
    ) -> None:
        """Load those that fit, the first ones first.

        Args:
            models: what the worker serves.
            load: raises `ModelInvalid`.
            memory_gib: what all that are loaded may take together, by their entries. Each one fits alone.

        """
        self._served = {model.id: model for model in models}
        self._load = load
        self._memory_gib = memory_gib
        self._loaded: OrderedDict[str, LoadedModel] = OrderedDict()
        for model in models:
            if self._free_gib() >= model.memory_gib:
                self.take(model)

    @property
    def loaded(self) -> list[Model]:
        """Who is loaded, who was asked for last at the end."""
        return [one.model for one in list(self._loaded.values())]

    def serves(self, model: Model) -> bool:
        """Whether it can be taken."""
        return model.id in self._served

    def has(self, model: Model) -> bool:
        """Whether it can be taken at once."""
        return model.id in self._loaded

    def take(self, model: Model) -> LoadedModel:
        """The model, loaded. Raises `ModelInvalid`."""
        if model.id not in self._loaded:
            self._make_room(model.memory_gib)
            began = time.monotonic()
            self._loaded[model.id] = self._load(model)
            log.info("model_loaded", extra={"model": model.id, "seconds": round(time.monotonic() - began, 3)})
        self._loaded.move_to_end(model.id)
        return self._loaded[model.id]

    def _make_room(self, gib: float) -> None:
        left = []
        while self._loaded and self._free_gib() < gib:
            left.append(self._loaded.popitem(last=False)[0])
        if left:
            log.info("models_left", extra={"models": left})
            gc.unfreeze()  # what was loaded at start is frozen (`__main__`), and nothing frozen is ever found
            gc.collect()  # modules, hooks and compiled calls know each other, and hold the memory until then
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _free_gib(self) -> float:
        return self._memory_gib - sum(one.model.memory_gib for one in self._loaded.values())
