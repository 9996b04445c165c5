"""Some of the Emulator Suite without functions, so that nothing wakes up, for whoever asks it directly."""

import contextlib
import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from local.emulator_environment import client_environment, no_proxy
from local.emulator_suite import EmulatorSuite


@contextlib.contextmanager
def environment(**more: str) -> Iterator[None]:
    """Google's client libraries of this process talk to the emulators meanwhile."""
    before = dict(os.environ)
    os.environ.update(client_environment() | no_proxy(os.environ) | more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def emulators(names: AbstractSet[str]) -> Iterator[None]:
    """Start these, and stop them."""
    with environment(), EmulatorSuite(only=names):
        yield
