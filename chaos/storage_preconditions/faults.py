"""What goes wrong on the way to Storage, how often, and how often it did."""

from collections import Counter
from http import HTTPStatus
from random import Random


class Faults:
    """The dice. Nothing goes wrong unless it is told how likely it is."""

    def __init__(self, seed: int = 0, *, unavailable: float = 0.0, busy: float = 0.0, reset: float = 0.0) -> None:
        """Take notes.

        Args:
            seed: what is drawn, is drawn from it.
            unavailable: how likely a request is answered 503 and not carried out.
            busy: how likely it is answered 429 and not carried out.
            reset: how likely it is carried out and the connection is reset instead of an answer.
        """
        self.fired: Counter[str] = Counter()
        self._random = Random(seed)
        self._before = {HTTPStatus.SERVICE_UNAVAILABLE: unavailable, HTTPStatus.TOO_MANY_REQUESTS: busy}
        self._reset = reset

    def before(self) -> HTTPStatus | None:
        """The status with which the next request is refused, or None."""
        for status, chance in self._before.items():
            if self._fires(str(status.value), chance):
                return status
        return None

    def after(self) -> bool:
        """Whether the answer to it is lost."""
        return self._fires("reset", self._reset)

    def _fires(self, label: str, chance: float) -> bool:
        if self._random.random() >= chance:
            return False
        self.fired[label] += 1
        return True
