"""The points at which the fifth proof kills and stops, and what has to happen to a job so that it gets there."""

from dataclasses import dataclass

from contracts.command import CommandType

WORKER, CREATED, MINUTE = "worker", "on_created", "on_minute"


@dataclass(frozen=True, kw_only=True)
class Point:
    """Where a process is struck."""

    role: str
    at: str
    after: tuple[str, str] | None = None
    """Another process that has to be killed first, and where, so that this one has something to do."""
    taken_back: CommandType | None = None
    """The command that leads there."""
    images: int = 1


LOST = (WORKER, "before step")
STORED = (WORKER, "after objects.put")

WORKERS = [
    *(Point(role=WORKER, at=f"{when} generations.apply claim") for when in ("before", "after")),
    Point(role=WORKER, at="after generations.apply report"),
    Point(role=WORKER, at="before objects.find"),
    Point(role=WORKER, at="before step"),
    *(Point(role=WORKER, at=f"{when} objects.put") for when in ("before", "after")),
    Point(role=WORKER, at="after objects.put", images=2),
    *(Point(role=WORKER, at=f"{when} generations.apply complete") for when in ("before", "after")),
    Point(role=WORKER, at="before endings.publish"),
    Point(role=WORKER, at="before answer"),
]
EVENTS = [
    *(Point(role=CREATED, at=f"{when} generations.apply dispatch") for when in ("before", "after")),
    *(Point(role=CREATED, at=f"{when} runpod.submit") for when in ("before", "after")),
    Point(role=CREATED, at="after generations.apply submit"),
]
COMMANDS = [
    *(
        Point(role=CREATED, at=f"{when} generations.apply cancel", taken_back=CommandType.CANCEL)
        for when in ("before", "after")
    ),
    Point(role=CREATED, at="before generations.delete", taken_back=CommandType.DELETE),
    Point(role=CREATED, at="before commands.remove", taken_back=CommandType.DELETE),
]
SWEEPS = [
    *(Point(role=MINUTE, at=f"{when} generations.apply lost", after=LOST) for when in ("before", "after")),
    Point(role=MINUTE, at="before generations.apply dispatch", after=LOST),
    Point(role=MINUTE, at="after runpod.submit", after=LOST),
    *(Point(role=MINUTE, at=f"{when} generations.apply complete", after=STORED) for when in ("before", "after")),
]
STOPS = [
    Point(role=WORKER, at="before generations.apply claim"),
    Point(role=WORKER, at="after generations.apply claim"),
    Point(role=WORKER, at="before step"),
    Point(role=WORKER, at="before objects.put"),
    Point(role=WORKER, at="after objects.put", images=2),
    Point(role=WORKER, at="before generations.apply complete"),
    Point(role=WORKER, at="before answer"),
    Point(role=MINUTE, at="before generations.apply lost", after=LOST),
    Point(role=CREATED, at="before runpod.submit"),
]
