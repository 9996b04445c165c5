"""What one emulator is told at its start: its limits, and a switch wherever nobody knows what the service does."""

import math
from dataclasses import dataclass, fields, replace

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 20080
DEFAULT_ENDPOINT_ID = "safelight"
#: The key when none is chosen. It protects nothing: the emulator is for one machine.
DEFAULT_API_KEY = "emulator"
#: Long enough to keep the traffic of an idle worker low, short enough for a prompt exit: a worker told to
#: stop (SIGTERM) still waits for its parked polls, that is, up to one hold.
DEFAULT_HOLD_SECONDS = 10.0
#: A worker that has no open poll and has not pinged for this long is no longer counted. Three of the SDK's
#: own ping intervals of 10 s; a hold must be shorter, for a parked worker is heard once per hold.
WORKER_FORGOTTEN_AFTER_SECONDS = 30.0

MIB = 1024 * 1024
#: What may be zero, meaning "at once" or "no limit"; every other number is above it.
MAY_BE_ZERO = {
    "execution_sweep_seconds",
    "max_losses",
    "max_result_bytes",
    "requests_per_running_worker",
    "stream_wait_seconds",
    "webhook_retries",
}
#: The words that a switch of more than two positions takes.
WORDS = {
    "bad_result": ("keep", "complete"),
    "execution_timeout_status": ("FAILED", "TIMED_OUT"),
    "lost_status": ("FAILED", "TIMED_OUT"),
    "policy_out_of_range": ("refuse", "clamp"),
    "purged_jobs": ("delete", "cancel"),
    "ttl_expiry": ("delete", "time_out"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one emulator is told at its start. Seconds are the emulator's, unless it says otherwise.

    Attributes:
        endpoint_id: The one endpoint this emulator has; any other is answered 404.
        api_key: The key of clients (`Bearer KEY`) and of workers (`KEY`).
        hold_seconds: How long a poll without news is held before it is answered 204, in real time. Never
            zero: the SDK's worker polls again at once, so an emulator that does not hold would keep a core
            busy.
        max_run_bytes: The longest body of /run.
        max_runsync_bytes: The longest body of /runsync.
        max_chunk_bytes: The longest body of job-stream; one above it is refused, and so lost.
        max_result_bytes: The longest body of job-done; above it the answer is 400 and the job COMPLETED
            with nothing, as runpod-python issue #309 saw. 0 is no limit.
        run_retention_seconds: How long a job of /run is kept after its end.
        runsync_retention_seconds: The same for /runsync.
        runsync_wait_seconds: How long /runsync waits without `?wait=`.
        execution_timeout_seconds: How long one attempt may run without a `policy`.
        execution_sweep_seconds: How often overdue attempts are looked for, and so how late they may end: the
            service was seen to end them 3 to 9 s late. 0 ends them on time.
        ttl_seconds: How long a job may live without a `policy`, from submit or /retry.
        ttl_expiry: `delete` (status 404, as documented) or `time_out` (TIMED_OUT).
        ttl_deletes_results: Whether the ttl also takes a job that has ended. The documentation says both.
        execution_timeout_status: `FAILED` (as seen) or `TIMED_OUT`.
        policy_out_of_range: `refuse` (400) or `clamp` to the nearest allowed value.
        lost_after_seconds: A job whose worker has not named it in a ping for this long is lost.
        max_losses: How often a lost job is given out again before it ends.
        lost_status: `FAILED` (as seen) or `TIMED_OUT`, for one lost too often.
        accept_late_results: Whether a worker that lost a job may still end it.
        late_progress_revives: Whether progress after the result takes a COMPLETED job back to IN_PROGRESS,
            as in runpod-python issue #250.
        bad_result: A result that is no JSON object is answered 400; `keep` leaves the job in progress,
            `complete` ends it COMPLETED with nothing.
        drop_empty_input: Whether an input of `{}` reaches the worker as no input at all, as it was seen to.
        purged_jobs: `delete` (status 404) or `cancel` (CANCELLED).
        stop_kept_seconds: How long a worker's stop waits to be fetched.
        stream_wait_seconds: How long /stream waits for a chunk.
        rate_limits: Whether the documented limits on requests apply (429).
        requests_per_running_worker: What each running worker adds to these limits' other side; the service
            has a number that it does not tell.
        accept_raw_client_key: Whether a client may leave `Bearer` out. RunPod's own examples do.
        webhook_timeout_seconds: How long a webhook may take to answer.
        webhook_retries: How often a webhook that failed is tried again.
        webhook_retry_seconds: How long after.
        webhook_any_2xx: Whether any 2xx will do, or only 200.
        webhook_on_cancelled: Whether a cancelled job's webhook is called.
        webhook_on_timed_out: Whether a TIMED_OUT job's webhook is called.
        control_from_anywhere: Whether `/`, `/events` and `/control` answer other machines.
        seed: What chance in the fault rules starts from.
    """

    endpoint_id: str = DEFAULT_ENDPOINT_ID
    api_key: str = DEFAULT_API_KEY
    hold_seconds: float = DEFAULT_HOLD_SECONDS
    max_run_bytes: int = 10 * MIB
    max_runsync_bytes: int = 20 * MIB
    max_chunk_bytes: int = MIB
    max_result_bytes: int = 100 * MIB
    run_retention_seconds: float = 30 * 60.0
    runsync_retention_seconds: float = 60.0
    runsync_wait_seconds: float = 90.0
    execution_timeout_seconds: float = 600.0
    execution_sweep_seconds: float = 10.0
    ttl_seconds: float = 86_400.0
    ttl_expiry: str = "delete"
    ttl_deletes_results: bool = False
    execution_timeout_status: str = "FAILED"
    policy_out_of_range: str = "refuse"
    lost_after_seconds: float = 40.0
    max_losses: int = 1
    lost_status: str = "FAILED"
    accept_late_results: bool = False
    late_progress_revives: bool = False
    bad_result: str = "keep"
    drop_empty_input: bool = True
    purged_jobs: str = "delete"
    stop_kept_seconds: float = 30 * 60.0
    stream_wait_seconds: float = 0.0
    rate_limits: bool = True
    requests_per_running_worker: int = 0
    accept_raw_client_key: bool = False
    webhook_timeout_seconds: float = 10.0
    webhook_retries: int = 2
    webhook_retry_seconds: float = 10.0
    webhook_any_2xx: bool = False
    webhook_on_cancelled: bool = False
    webhook_on_timed_out: bool = True
    control_from_anywhere: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.hold_seconds < WORKER_FORGOTTEN_AFTER_SECONDS:
            message = f"hold_seconds must be above 0 and below {WORKER_FORGOTTEN_AFTER_SECONDS:g}"
            raise ValueError(message)
        if not self.api_key or not self.endpoint_id:
            message = "endpoint_id and api_key must not be empty"
            raise ValueError(message)
        for field in fields(self):
            _check(field.name, getattr(self, field.name))

    def with_text(self, name: str, text: str) -> "Settings":
        """Return the settings with one of them read from text, e.g. `max_losses`, `3`.

        Raises:
            ValueError: There is no such setting, or the text is not a value of it.
        """
        default = {field.name: field.default for field in fields(self)}.get(name)
        if default is None:
            message = f"there is no setting {name}"
            raise ValueError(message)
        return replace(self, **{name: _read(name, text, type(default))})  # type: ignore[arg-type]


def _check(name: str, value: object) -> None:
    if isinstance(value, bool) or name == "seed":
        return
    if name in WORDS and value not in WORDS[name]:
        message = f"{name} must be one of {', '.join(WORDS[name])}"
        raise ValueError(message)
    if isinstance(value, int | float):
        lowest = "0 or more" if name in MAY_BE_ZERO else "above 0"
        if not math.isfinite(value) or value < 0 or (value == 0 and name not in MAY_BE_ZERO):
            message = f"{name} must be {lowest}"
            raise ValueError(message)


def _read(name: str, text: str, kind: type) -> object:
    if kind is bool:
        if text.lower() not in {"true", "false"}:
            message = f"{name} must be true or false"
            raise ValueError(message)
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError:
        message = f"{name} must be {'a whole number' if kind is int else 'a number'}"
        raise ValueError(message) from None
