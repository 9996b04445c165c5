"""One picture of a part, as a part of its own: for models whose pictures would change each other in one call."""

from collections.abc import Iterator, Sequence

from worker.gpu_turn import Pictures
from worker.pipelines import Part


class OnePicture:
    """See `pipelines.Part`. To its job it looks as if all its pictures were made in one call."""

    def __init__(self, part: Part, index: int, count: int) -> None:
        """Take the picture `index` of `count`."""
        self.request = {**part.request, "num_images": 1} if count > 1 else part.request
        self.seed = part.seed + index
        self._part, self._index, self._count = part, index, count

    def step(self, step: int, steps: int) -> None:
        """See `Part.step`."""
        self._part.step(self._index * steps + step, self._count * steps)

    def show(self, preview: Pictures) -> None:
        """See `Part.show`."""
        self._part.show(preview)

    def deliver(self, pictures: Pictures) -> None:
        """See `Part.deliver`."""
        self._part.deliver(pictures)

    def remake(self, reason: str) -> None:
        """See `Part.remake`."""
        self._part.remake(reason)

    def block(self) -> None:
        """See `Part.block`."""
        self._part.block()

    def made_with(self, lossy: Sequence[str]) -> None:
        """See `Part.made_with`."""
        self._part.made_with(lossy)


def each_picture(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """A call for each picture of each part."""
    for part in parts:
        count: int = part.request.get("num_images", 1)
        for index in range(count):
            yield [OnePicture(part, index, count)]
