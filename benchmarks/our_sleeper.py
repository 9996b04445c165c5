"""Our worker as it is deployed, on pipelines and a storage that sleep. Started by `benchmarks.overlap`."""

from collections.abc import Mapping, Sequence

import numpy as np

from adapters.catalogue_file import load_catalogue
from adapters.in_memory import InMemoryObjects
from benchmarks.queued_documents import some_path
from benchmarks.serving import serve_in_memory
from benchmarks.sleeping_stages import REQUEST, SleepingStages
from contracts.catalogue import Model
from contracts.stored_object import File, StoredObject
from contracts.validation import resolve_request
from worker.batching import Batching, kind_of
from worker.held import jobs_held
from worker.lane import Lane
from worker.pipelines import Part

PICTURE = np.zeros((1, 8, 8, 3), np.uint8)


class SleepingPipelines:
    """See `worker.pipelines.Pipelines`. Several pictures take as long as one after the other."""

    def __init__(self, stages: SleepingStages) -> None:
        self._stages = stages

    def has(self, model: Model) -> bool:  # noqa: ARG002 - whatever it is
        """See `Pipelines.has`."""
        return True

    def prepare(self, model: Model) -> None:
        """See `Pipelines.prepare`."""

    def generate(self, model: Model, parts: Sequence[Part]) -> None:
        """See `Pipelines.generate`."""
        del model
        steps = parts[0].request["num_inference_steps"]
        for step in range(1, steps + 1):
            self._stages.use_gpu(len(parts) / steps)
            for part in parts:
                part.step(step, steps)
        for part in parts:
            part.deliver(PICTURE)


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
    serve_in_memory(
        Lane(SleepingPipelines(stages), warm(stages)),
        held=jobs_held(stages.gpu_seconds, stages.other_seconds),
        jobs=stages.jobs,
        request_data=REQUEST,
        objects=SlowObjects(stages),
    )


def warm(stages: SleepingStages) -> Batching:
    """What `worker.warm_up` would have found out about these pipelines."""
    kind = kind_of(*resolve_request(some_path(0), {**REQUEST, "prompt": ""}, load_catalogue()))
    batching = Batching()
    for pictures in (1, kind.largest):
        batching.remember(kind, pictures, pictures * stages.gpu_seconds)
    return batching


if __name__ == "__main__":
    main()
