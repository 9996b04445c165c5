"""Why a worker does not start. Each is read by whoever deploys, and its message says what to do."""

from typing import ClassVar


class CannotStart(Exception):  # noqa: N818 - what it says
    """The worker ends before it takes a job."""

    code: ClassVar[str]
    """Constant, for programs."""


class SettingsInvalid(CannotStart):
    """A setting is missing or broken."""

    code = "settings_invalid"


class WorkerUnfit(CannotStart):
    """The models need another machine."""

    code = "worker_unfit"


class ModelInvalid(CannotStart):
    """A model cannot be loaded, or cannot generate."""

    code = "model_invalid"


def reason_of(error: BaseException) -> str:
    """What a library says, as part of a sentence: its kind and its first line."""
    reason = (str(error).strip() or "no reason given").splitlines()[0].rstrip(".")
    return f"{type(error).__name__}: {reason}"
