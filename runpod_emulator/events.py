"""The emulator's log: one line per event, a constant name and its fields, never an input or an output.

A webhook's URL and a worker's command may hold secrets, so they are no fields either.
"""

import logging
from collections import deque

from runpod_emulator.clock import Now

LOGGER = logging.getLogger("runpod_emulator")

#: How many events `GET /events` looks back.
KEPT = 1000
#: A longer field is cut: ids come from paths, and a path may be long.
MAX_FIELD_CHARACTERS = 200


class Events:
    """The log, and its latest lines.

    Args:
        now: The clock.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._latest: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._number = 0

    def record(self, event: str, *, level: int = logging.INFO, **fields: object) -> None:
        """Log one event, e.g. `job_submitted job='…' state='IN_QUEUE'`. A field that is None is left out."""
        said = {name: str(value)[:MAX_FIELD_CHARACTERS] for name, value in fields.items() if value is not None}
        LOGGER.log(level, "%s %s", event, " ".join(f"{name}={value!r}" for name, value in said.items()))
        self._number += 1
        self._latest.append({"number": self._number, "at": round(self._now(), 3), "event": event, **said})

    def after(self, number: int) -> list[dict[str, object]]:
        """Return the events after this number, as far as they are kept, the oldest first."""
        return [event for event in self._latest if event["number"] > number]  # type: ignore[operator]

    @property
    def number(self) -> int:
        """The number of the latest event; 0 if there was none."""
        return self._number
