"""Where faults come in: around each call that a handler makes of the outside world."""

from typing import Protocol


class Crash(BaseException):
    """The process is gone. Nobody catches this but whoever started it."""


class Seam(Protocol):
    """Told of each call before it is carried out, and before its answer arrives. Either can raise."""

    def before(self, call: str) -> None:
        """The call is on its way. Time passes here, and others move."""

    def after(self, call: str) -> None:
        """It was carried out, and the caller does not know yet."""


class Quiet:
    """Nothing happens."""

    def before(self, call: str) -> None:
        """See `Seam.before`."""

    def after(self, call: str) -> None:
        """See `Seam.after`."""
