"""A clock that stands still until a test moves it."""

from runpod_emulator.clock import Clock


def still_clock() -> Clock:
    return Clock(source=lambda: 0.0)
