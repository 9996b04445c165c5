"""The kinds of faults, and one rule: what goes wrong where, how often, by which chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from runpod_emulator.clock import is_duration


class Fault(StrEnum):
    """What can go wrong. The README's table says what each does."""

    SLOW = "slow"
    DROPPED = "dropped"
    AMBIGUOUS = "ambiguous"
    ERROR = "error"
    GARBAGE = "garbage"
    LOST_DELIVERY = "lost_delivery"
    DUPLICATE_DELIVERY = "duplicate_delivery"
    RESULT_REFUSED = "result_refused"
    RESULT_LOST = "result_lost"
    LATE_PROGRESS = "late_progress"
    WEBHOOK_LOST = "webhook_lost"
    WEBHOOK_DUPLICATED = "webhook_duplicated"
    WEBHOOK_EMPTY = "webhook_empty"
    WEBHOOK_LATE = "webhook_late"
    TTL_EXPIRY = "ttl_expiry"
    SCALED_TO_ZERO = "scaled_to_zero"
    WORKER_KILLED = "worker_killed"
    WORKER_PAUSED = "worker_paused"
    ZOMBIE_HEARTBEAT = "zombie_heartbeat"
    SIGTERM_RACE = "sigterm_race"


POLLS = ("job-take", "job-stop")
PLAIN_ROUTES = (
    *("run", "runsync", "status", "stream", "cancel", "retry", "purge-queue", "health"),
    *("job-done", "job-stream", "ping"),
)
SUBMITS = ("run", "runsync")

#: What befalls a request on its way in or out.
HTTP_FAULTS = frozenset({Fault.SLOW, Fault.DROPPED, Fault.AMBIGUOUS, Fault.ERROR, Fault.GARBAGE})
#: What befalls a job on its way to a worker.
DELIVERY_FAULTS = frozenset({Fault.LOST_DELIVERY, Fault.DUPLICATE_DELIVERY})
#: What befalls the worker that has just been given a job; only the fleet's own workers.
WORKER_FAULTS = frozenset({Fault.WORKER_KILLED, Fault.WORKER_PAUSED, Fault.ZOMBIE_HEARTBEAT, Fault.SIGTERM_RACE})
#: What befalls a result on its way back.
RESULT_FAULTS = frozenset({Fault.RESULT_REFUSED, Fault.RESULT_LOST})
#: What befalls the news of a job's end.
WEBHOOK_FAULTS = frozenset({Fault.WEBHOOK_LOST, Fault.WEBHOOK_DUPLICATED, Fault.WEBHOOK_EMPTY, Fault.WEBHOOK_LATE})
#: What a submit sets off.
SUBMIT_FAULTS = frozenset({Fault.TTL_EXPIRY, Fault.SCALED_TO_ZERO})

#: Where each kind may strike; the first is where it does if its rule does not say.
PLACES: dict[Fault, tuple[str, ...]] = {
    **dict.fromkeys((Fault.SLOW, Fault.DROPPED, Fault.ERROR, Fault.GARBAGE), (*PLAIN_ROUTES, *POLLS)),
    Fault.AMBIGUOUS: PLAIN_ROUTES,
    **dict.fromkeys(DELIVERY_FAULTS | WORKER_FAULTS, ("job-take",)),
    **dict.fromkeys(RESULT_FAULTS | {Fault.LATE_PROGRESS}, ("job-done",)),
    **dict.fromkeys(WEBHOOK_FAULTS, ("webhook",)),
    **dict.fromkeys(SUBMIT_FAULTS, SUBMITS),
}
#: What `seconds` is where a rule does not say; the kinds that are not here have none.
SECONDS = {
    Fault.SLOW: 15.0,  # longer than the SDK's client waits
    Fault.WEBHOOK_LATE: 60.0,
    Fault.TTL_EXPIRY: 0.0,
    Fault.SCALED_TO_ZERO: 60.0,
    Fault.WORKER_KILLED: 0.0,
    Fault.WORKER_PAUSED: 60.0,
    Fault.ZOMBIE_HEARTBEAT: 0.0,
}
#: What `status` may be.
STATUSES = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504)
KEYS = ("fault", "on", "count", "skip", "probability", "seconds", "status")
MOST = 1_000_000_000


class FaultRuleError(ValueError):
    """A rule is not what a rule should be; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class FaultRule:
    """What goes wrong.

    Attributes:
        fault: The kind.
        on: The route, or `webhook`.
        count: How often it fires at most; None is always.
        skip: How many chances it lets pass first.
        probability: By which chance it fires at each of the others.
        seconds: How long whatever it does lasts or is put off, by the emulator's clock.
        status: What an `error` answers.
    """

    fault: Fault
    on: str
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seconds: float = 0.0
    status: int = 500

    def to_json(self) -> dict[str, object]:
        """Return the rule as it could be written."""
        body: dict[str, object] = {
            "fault": self.fault.value,
            "on": self.on,
            "count": self.count,
            "skip": self.skip,
        }
        body["probability"] = self.probability
        if self.fault in SECONDS:
            body["seconds"] = self.seconds
        if self.fault is Fault.ERROR:
            body["status"] = self.status
        return body


def read_rule(body: object) -> FaultRule:
    """Read one rule.

    Raises:
        FaultRuleError: It is not one.
    """
    if not isinstance(body, Mapping):
        message = "a rule must be an object"
        raise FaultRuleError(message)
    unknown = sorted(str(key)[:40] for key in body.keys() - set(KEYS))
    if unknown:
        message = f"unknown key {unknown[0]!r}; a rule has {', '.join(KEYS)}"
        raise FaultRuleError(message)
    fault = _read_fault(body.get("fault"))
    return FaultRule(
        fault=fault,
        on=_read_place(body.get("on"), fault),
        count=None if body.get("count", 1) == "always" else _read_count(body.get("count", 1), "count", lowest=1),
        skip=_read_count(body.get("skip", 0), "skip", lowest=0),
        probability=_read_probability(body.get("probability", 1.0)),
        seconds=_read_seconds(body, fault),
        status=_read_status(body, fault),
    )


def _read_fault(name: object) -> Fault:
    if isinstance(name, str) and name in set(Fault):
        return Fault(name)
    message = f"unknown fault {str(name)[:40]!r}; there are {', '.join(Fault)}"
    raise FaultRuleError(message)


def _read_place(place: object, fault: Fault) -> str:
    places = PLACES[fault]
    if place is None:
        return places[0]
    if isinstance(place, str) and place in places:
        return place
    hint = "; a poll is not answered twice, lost_delivery is what you mean" if place in POLLS else ""
    message = f"{fault} cannot be on {str(place)[:40]!r}, but on {', '.join(places)}{hint}"
    raise FaultRuleError(message)


def _read_count(value: object, name: str, *, lowest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= MOST:
        also = ' or "always"' if name == "count" else ""
        message = f"{name} must be a whole number of {lowest} or more{also}"
        raise FaultRuleError(message)
    return value


def _read_probability(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        message = "probability must be a number from 0 to 1"
        raise FaultRuleError(message)
    return float(value)


def _read_seconds(body: Mapping[str, object], fault: Fault) -> float:
    if "seconds" not in body:
        return SECONDS.get(fault, 0.0)
    value = body["seconds"]
    if fault not in SECONDS:
        message = f"{fault} takes no seconds"
        raise FaultRuleError(message)
    if not is_duration(value):
        message = "seconds must be a number of 0 or more"
        raise FaultRuleError(message)
    return float(value)  # type: ignore[arg-type]


def _read_status(body: Mapping[str, object], fault: Fault) -> int:
    value = body.get("status", 500)
    if "status" in body and fault is not Fault.ERROR:
        message = f"{fault} takes no status"
        raise FaultRuleError(message)
    if isinstance(value, bool) or not isinstance(value, int) or value not in STATUSES:
        message = f"status must be one of {', '.join(map(str, STATUSES))}"
        raise FaultRuleError(message)
    return value
