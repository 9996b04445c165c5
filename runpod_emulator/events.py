"""The emulator's log: one line per event, a constant name and its fields, never an input or an output."""

import logging

LOGGER = logging.getLogger("runpod_emulator")


def record(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one event, e.g. `job_submitted job='…' state='IN_QUEUE'`."""
    LOGGER.log(level, "%s %s", event, " ".join(f"{name}={str(value)!r}" for name, value in fields.items()))
