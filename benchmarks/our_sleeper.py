"""Our worker as it is deployed, on an engine and a storage that sleep. Started by `benchmarks.overlap`."""

from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

from adapters.in_memory import InMemoryObjects
from benchmarks.serving import serve_in_memory
from benchmarks.sleeping_stages import SleepingStages
from contracts.catalogue import Model
from contracts.stored_object import File, StoredObject

STEPS = 5
"""Of each generation: the engine comes back to the worker after each."""


class Sleeper:
    """See `worker.workplace.Engine`."""

    def __init__(self, stages: SleepingStages) -> None:
        self._stages = stages

    def generate(
        self, model: Model, request: Mapping[str, Any], seed: int, on_step: Callable[[int, int], None]
    ) -> list[Image.Image]:
        """See `Engine.generate`."""
        del model, request, seed
        self._stages.use_gpu(STEPS)
        on_step(STEPS, STEPS)
        return [Image.new("RGB", (8, 8))]


class SlowObjects(InMemoryObjects):
    """A bucket at the other end of a slow network."""

    def __init__(self, stages: SleepingStages) -> None:
        super().__init__()
        self._stages = stages

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        """See `ObjectStore.put`."""
        self._stages.do_the_rest()
        return super().put(file, metadata, replacing=replacing)


def main() -> None:
    """Serve the documents that wait."""
    stages = SleepingStages.from_command_line()
    serve_in_memory(Sleeper(stages), stages.jobs, {}, SlowObjects(stages))


if __name__ == "__main__":
    main()
