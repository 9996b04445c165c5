"""One job's place in the lane: what its own thread and the GPU's thread pass to each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from typing import Any

from contracts.catalogue import Model
from contracts.errors import ClaimLost, GenerationFailed, OutputBlocked
from contracts.status import Stage
from worker.batching import kind_of
from worker.gpu_turn import Pictures, Watcher


class Place:
    """One job's place in the lane, from the line to its last picture. A `GpuTurn` and a `Part`."""

    def __init__(
        self,
        model: Model,
        request: Mapping[str, Any],
        *,
        get_ready: Callable[["Place"], None],
        come_to: Callable[[int, int], None],
    ) -> None:
        """In the line.

        Args:
            model: an entry of the catalogue.
            request: resolved.
            get_ready: called once its document is claimed.
            come_to: called after each step of its call, with the step and their number, by one place of a call.

        """
        self.model = model
        self.request = request
        self.kind = kind_of(model, request)
        self.pictures: int = request.get("num_images", 1)
        self.seed = 0
        self.remade: str | None = None
        self.lossy: Sequence[str] = ()
        self.mates: Sequence[Place] = ()
        self.came = 0.0
        """When it came into the lane."""
        self.left: Exception | None = None
        """Why it wants nothing more."""
        self.delivered = 0
        """Pictures or frames."""
        self.arriving: SimpleQueue[Pictures | Exception | None] = SimpleQueue()
        self._get_ready = get_ready
        self._come_to = come_to
        self._watcher: Watcher

    @property
    def is_complete(self) -> bool:
        """Whether it has got everything."""
        return self.delivered >= int(self.request.get("num_frames", self.pictures))

    def generate(self, request: Mapping[str, Any], seed: int, watcher: Watcher) -> Iterator[Pictures]:
        """See `GpuTurn.generate`."""
        self.request, self.seed, self._watcher = request, seed, watcher
        self._get_ready(self)
        try:
            while (arrived := self.arriving.get()) is not None:
                if isinstance(arrived, Exception):
                    raise arrived
                yield arrived
        finally:
            self.left = self.left or ClaimLost()

    def enter(self, stage: Stage) -> None:
        """Its turn has come."""
        self._ask(lambda: self._watcher.enter(stage))

    def step(self, step: int, steps: int) -> None:
        """See `Part.step`."""
        self._ask(lambda: self._watcher.step(step, steps))
        if self is self.mates[-1]:
            self._come_to(step, steps)
            if all(mate.left for mate in self.mates):
                raise ClaimLost

    def show(self, preview: Pictures) -> None:
        """See `Part.show`."""
        if not self.left:
            self._watcher.show(preview)

    def deliver(self, pictures: Pictures) -> None:
        """See `Part.deliver`."""
        self.delivered += len(pictures)
        if not self.left:
            self.arriving.put(pictures)

    def remake(self, reason: str) -> None:
        """See `Part.remake`."""
        self.remade = reason

    def block(self) -> None:
        """See `Part.block`."""
        self._leave(OutputBlocked())

    def made_with(self, lossy: Sequence[str]) -> None:
        """See `Part.made_with`."""
        self.lossy = lossy

    def _ask(self, watcher: Callable[[], None]) -> None:
        """Who does not want to go on leaves at once; his mates stay."""
        if self.left:
            return
        try:
            watcher()
        except (ClaimLost, GenerationFailed) as error:
            self._leave(error)

    def _leave(self, error: Exception) -> None:
        self.left = error
        self.arriving.put(error)
