"""What makes a model faster and its pictures other ones. Off, unless `SAFELIGHT_LOSSY` asks for it."""

from enum import StrEnum


class Preset(StrEnum):
    """In the order in which they are applied (`worker/lossy_presets.py`)."""

    FP8 = "fp8"
    """The layers' matrices are multiplied in 8 bits, scaled by row."""
    STEP_CACHE = "step-cache"
    """A step that would change little takes its change from the step before. It is decided once for a whole call,
    so each picture is made in a call of its own: with others it would depend on who they are."""
