"""What a client may ask for beside the input: limits, a webhook, a bucket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from runpod_emulator.errors import MalformedBodyError
from runpod_emulator.settings import Settings

SEVEN_DAYS_MS = 7 * 24 * 3600 * 1000
#: The documented range of each limit, in milliseconds.
RANGES_MS = {"executionTimeout": (5_000, SEVEN_DAYS_MS), "ttl": (10_000, SEVEN_DAYS_MS)}
MAX_WEBHOOK_CHARACTERS = 8192


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A job's limits.

    Attributes:
        execution_timeout_seconds: How long one attempt may run.
        ttl_seconds: How long the job may live, queue and run together.
        low_priority: Whether the job starts no worker of its own.
    """

    execution_timeout_seconds: float = 600.0
    ttl_seconds: float = 86_400.0
    low_priority: bool = False


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """What came beside the input.

    Attributes:
        policy: The job's limits.
        webhook: Where the end of the job is told; may hold a secret, so it is in no log.
        s3_config: A bucket for the worker, passed on unread; holds a secret.
        is_sync: Whether it came by /runsync.
    """

    policy: Policy = field(default_factory=Policy)
    webhook: str | None = None
    s3_config: Mapping[str, object] | None = None
    is_sync: bool = False


def read_options(body: Mapping[str, object], settings: Settings, *, is_sync: bool = False) -> JobOptions:
    """Read what the body of /run or /runsync holds beside `input`. `null` is the same as nothing.

    Raises:
        MalformedBodyError: Something there is not what it should be; the message says what.
    """
    return JobOptions(
        policy=_read_policy(_object_or_nothing(body, "policy"), settings),
        webhook=_read_webhook(body.get("webhook")),
        s3_config=_object_or_nothing(body, "s3Config") or None,
        is_sync=is_sync,
    )


def _read_policy(policy: Mapping[str, object], settings: Settings) -> Policy:
    low_priority = policy.get("lowPriority")
    if low_priority is not None and not isinstance(low_priority, bool):
        message = "policy.lowPriority must be true or false"
        raise MalformedBodyError(message)
    clamp = settings.policy_out_of_range == "clamp"
    execution_ms = _milliseconds(policy, "executionTimeout", clamp=clamp)
    ttl_ms = _milliseconds(policy, "ttl", clamp=clamp)
    return Policy(
        execution_timeout_seconds=settings.execution_timeout_seconds
        if execution_ms is None
        else execution_ms / 1000,
        ttl_seconds=settings.ttl_seconds if ttl_ms is None else ttl_ms / 1000,
        low_priority=bool(low_priority),
    )


def _milliseconds(policy: Mapping[str, object], name: str, *, clamp: bool) -> float | None:
    value = policy.get(name)
    if value is None:
        return None
    lowest, highest = RANGES_MS[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"policy.{name} must be a number of milliseconds"
        raise MalformedBodyError(message)
    if clamp:
        return max(lowest, min(value, highest))
    if not lowest <= value <= highest:
        message = f"policy.{name} must be from {lowest} to {highest} milliseconds"
        raise MalformedBodyError(message)
    return value


def _read_webhook(webhook: object) -> str | None:
    if webhook is None or webhook == "":
        return None
    message = "webhook must be an http or https URL"
    if not isinstance(webhook, str) or len(webhook) > MAX_WEBHOOK_CHARACTERS:
        raise MalformedBodyError(message)
    try:
        parts = urlsplit(webhook)
        allowed = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        webhook.encode()
    except ValueError:  # also what it is for text that is no Unicode
        allowed = False
    if not allowed:
        raise MalformedBodyError(message)
    return webhook


def _object_or_nothing(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        message = f"{name} must be an object"
        raise MalformedBodyError(message)
    return value
