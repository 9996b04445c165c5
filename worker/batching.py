"""Which requests share one call of a pipeline, and how many: decided from what calls have taken so far.

A batch must not make jobs wait longer than one after another would. Of m jobs that wait, each served alone, the
mean one is done after (m + 1) / 2 times what one takes; served n at a time, after (m / n + 1) / 2 times what a
call of n takes. Such calls pay if that is less; the more wait, the more of them gain, and the more calls pay.
Small pictures pass, for there the GPU waits for its orders; large ones do not, for there it is busy with one.
"""

import math
from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.catalogue import Model
from contracts.request import UPLOAD_FIELDS

LARGEST = 8
"""Pictures in one call. Beyond it the curve is flat, and one failure costs more."""
LONGEST_ALONE_SECONDS = 2.0
"""What takes longer alone keeps the GPU busy by itself: a trial would only make somebody wait."""
TRY_AGAIN_AFTER = 50
"""Calls. What once did not pay may have been measured at a bad moment."""
KEPT = 5
OF_EACH_JOB = frozenset({"prompt", "negative_prompt", "seed", "num_images", "output_format", "fps", "model"})
"""What may differ within a call."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What must be equal within a call."""

    model: str
    parameters: frozenset[tuple[str, Hashable]]
    largest: int
    """Pictures that fit in one call."""


def kind_of(model: Model, request: Mapping[str, Any]) -> Kind:
    """Of a resolved request. Who starts from pictures of his own goes alone."""
    pixels = request["width"] * request["height"] * request.get("num_frames", 1)
    alone = any(request.get(name) is not None for name in UPLOAD_FIELDS)
    return Kind(
        model=model.id,
        parameters=frozenset(
            (name, value)
            for name, value in request.items()
            if name not in OF_EACH_JOB and name not in UPLOAD_FIELDS
        ),
        largest=1 if alone else max(1, min(LARGEST, model.max_pixels // pixels)),
    )


@dataclass
class _Curve:
    """The seconds of the last few calls, by their number of pictures. The least of them is the machine's own."""

    seconds: dict[int, deque[float]] = field(default_factory=dict)
    calls: int = 0
    tried_at: dict[int, int] = field(default_factory=dict)

    def of(self, pictures: int) -> float | None:
        known = self.seconds.get(pictures)
        return min(known) if known else None

    def alone(self) -> float:
        """What one picture takes by itself, or in the smallest call that there was; endless, where none worked."""
        worked = [pictures for pictures, took in self.seconds.items() if min(took) < math.inf]
        return min(self.seconds[min(worked)]) / min(worked) if worked else math.inf

    def pays(self, pictures: int, waiting: int) -> bool | None:
        together, waiting = self.of(pictures), max(waiting, pictures)
        return None if together is None else (waiting / pictures + 1) * together <= (waiting + 1) * self.alone()


class Batching:
    """The curves of one worker. Not safe for threads; `Lane` holds its lock."""

    def __init__(self, largest: int = LARGEST) -> None:
        """Nothing is known yet.

        Args:
            largest: pictures that any call may have.

        """
        self._largest = largest
        self._curves: dict[Kind, _Curve] = {}

    def largest(self, kind: Kind) -> int:
        """The most pictures that a call of this kind could have."""
        return min(self._largest, kind.largest)

    def size(self, kind: Kind, waiting: int) -> int:
        """The most pictures that the next call should have: what pays, or once in a while twice as many.

        Args:
            kind: of the call.
            waiting: pictures of this kind that are to be made, those of the next call among them.

        """
        curve = self._curves.get(kind)
        if curve is None or curve.alone() > LONGEST_ALONE_SECONDS:
            return 1
        largest = self.largest(kind)
        best = max((n for n in curve.seconds if n <= largest and curve.pays(n, waiting)), default=1)
        more = min(best * 2, largest)
        if more == best:
            return best
        trial = waiting if best < waiting < more else more  # no more can be in the call than wait for it
        is_known_not_to = curve.pays(trial, waiting) is False
        return best if is_known_not_to and curve.calls < curve.tried_at[trial] + TRY_AGAIN_AFTER else more

    def seconds(self, kind: Kind, pictures: int, waiting: int) -> float | None:
        """What so many pictures will take, in as many calls as it needs; None where nobody knows yet.

        `waiting` as in `size`.
        """
        size = self.size(kind, waiting)
        return self._seconds_of_calls(kind, math.ceil(pictures / size), size)

    def seconds_before(self, kind: Kind, ahead: int, joining: int, waiting: int) -> float | None:
        """How long `joining` more wait for those ahead: not for the last call, where that has room for them."""
        size = self.size(kind, waiting)
        full, begun = divmod(ahead, size)
        has_room = begun == 0 or begun + joining <= size
        return self._seconds_of_calls(kind, full if has_room else full + 1, size)

    def _seconds_of_calls(self, kind: Kind, calls: int, size: int) -> float | None:
        curve = self._curves.get(kind)
        if curve is None:
            return None
        known = curve.of(size)
        return calls * (known if known is not None and known < math.inf else curve.alone() * size)

    def remember(self, kind: Kind, pictures: int, seconds: float) -> None:
        """A call with so many pictures took so long: `math.inf`, where it failed for being so many."""
        curve = self._curves.setdefault(kind, _Curve())
        curve.calls += 1
        if seconds < math.inf:
            curve.seconds.setdefault(pictures, deque(maxlen=KEPT)).append(seconds)
            curve.tried_at[pictures] = curve.calls
            return
        for many in range(pictures, LARGEST + 1):  # more would fail as well, whatever they once took
            curve.seconds[many] = deque([seconds], maxlen=KEPT)
            curve.tried_at[many] = curve.calls
