"""What one emulator is told at its start."""

from dataclasses import dataclass

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 20080
DEFAULT_ENDPOINT_ID = "safelight"
#: The key when none is chosen. It protects nothing: the emulator is for one machine.
DEFAULT_API_KEY = "emulator"
#: Long enough to keep the traffic of an idle worker low, short enough for a prompt exit: a worker told to
#: stop (SIGTERM) still waits for its parked polls, that is, up to one hold.
DEFAULT_HOLD_SECONDS = 10.0
#: A worker that has neither polled nor pinged for this long is no longer counted. Three of the SDK's own
#: ping intervals of 10 s; a hold must be shorter, for a parked worker is heard once per hold.
WORKER_FORGOTTEN_AFTER_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one emulator is told at its start.

    Attributes:
        endpoint_id: The one endpoint this emulator has; any other is answered 404.
        api_key: The key of clients (`Bearer KEY`) and of workers (`KEY`).
        hold_seconds: How long a poll without news is held before it is answered 204. Never zero: the SDK's
            worker polls again at once, so an emulator that does not hold would keep a core busy.
    """

    endpoint_id: str = DEFAULT_ENDPOINT_ID
    api_key: str = DEFAULT_API_KEY
    hold_seconds: float = DEFAULT_HOLD_SECONDS

    def __post_init__(self) -> None:
        if not 0 < self.hold_seconds < WORKER_FORGOTTEN_AFTER_SECONDS:
            message = f"hold_seconds must be above 0 and below {WORKER_FORGOTTEN_AFTER_SECONDS:g}"
            raise ValueError(message)
