"""The functions as they are deployed, with faults around what they reach, and events that come twice or never."""

import dataclasses
import functools
import os
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

import triggers.wiring
from chaos.real.faults import FIRED, FOLDER, given_faults, own_instance
from chaos.real.seamed import seamed
from chaos.real.short import PATIENCE, short_catalogue
from chaos.real.word import append_line
from contracts.paths import GenerationPath
from triggers.wiring import Outside

STORAGE = "SAFELIGHT_CHAOS_STORAGE"
"""Where Storage is: firebase-tools tells the functions of its own emulator, which knows no generations."""
EVENTS_SEED = "SAFELIGHT_CHAOS_EVENTS_SEED"
"""Absent: each event comes once."""
LOST, TWICE = 0.1, 0.1
PORTS = ("generations", "commands", "objects", "runpod", "endings", "sweeper")


def bring_faults() -> None:
    """Put them around what the functions of `triggers.main` are about to be given."""
    os.environ["STORAGE_EMULATOR_HOST"] = os.environ[STORAGE]
    real = triggers.wiring.outside
    role = os.environ.get("FUNCTION_TARGET", "discovery")

    @functools.cache
    def outside() -> Outside:
        seam = given_faults(role, own_instance)
        found = real()
        around = {name: seamed(getattr(found, name), name, seam) for name in PORTS}
        return dataclasses.replace(found, **around, catalogue=short_catalogue(), patience=PATIENCE)

    triggers.wiring.outside = outside


def deliver_badly(event_of: Callable[..., None]) -> Callable[..., None]:
    """The same for a use case that an event wakes: some never come, and some come twice, at the same time."""
    if EVENTS_SEED not in os.environ:
        return event_of

    @functools.wraps(event_of)
    def woken(*arguments: object) -> None:
        fate = Random(f"{os.environ[EVENTS_SEED]} {_about(arguments)}").random()
        if fate < LOST:
            append_line(Path(os.environ[FOLDER]) / FIRED, "event lost")
            return
        if fate < LOST + TWICE:
            append_line(Path(os.environ[FOLDER]) / FIRED, "event twice")
            threading.Thread(target=event_of, args=arguments).start()
        event_of(*arguments)

    return woken


def _about(arguments: tuple[object, ...]) -> str:
    """The id of the document or of the command: a user's is another in each run."""
    first, second, *_ = arguments
    return first.file_uid if isinstance(first, GenerationPath) else str(second)
