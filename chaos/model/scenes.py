"""The first proof: which parts of the world are walked through to the end.

Everything at once would be more states than there is time for. So each scene gives the world a few faults of some
kinds, and in each every order of everything is walked through: silence for ever, wherever somebody stands, and
leases that are over whenever somebody looks are in all of them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chaos.model.exploration import Explored, explore
from chaos.model.state import Budget
from chaos.proof import Result
from contracts import transitions

FAILURES = 2
"""After so many a document has failed, here: the second attempt is the last that counts."""
Scenes = Mapping[str, tuple[Budget, int]]
SMALL: Scenes = {
    "nothing but delay": (Budget(), 1),
    "RunPod refuses": (Budget(refusals=1), 1),
    "stores fail": (Budget(outages=1), 1),
    "the id is used again": (Budget(deletes=1, recreations=1, sweeps=0, carriers=2, events=0), 1),
    "several files": (Budget(events=1, losses=1, sweeps=0, hints=1), 2),
}
MIDDLE: Scenes = {
    "two attempts": (Budget(sweeps=2), 1),
    "RunPod loses, hints": (Budget(losses=1, hints=1), 1),
    "cancel and delete": (Budget(cancels=1, deletes=1, sweeps=0), 1),
    "hints, lost jobs, files in the result": (Budget(losses=1, outages=1, hints=1, breaks=1, sweeps=0), 1),
    "the id is used again": (Budget(deletes=1, recreations=1, sweeps=0), 1),
}
FULL: Scenes = {
    "two attempts, events twice": (Budget(events=2, sweeps=2), 1),
    "RunPod refuses, loses, repeats": (Budget(refusals=1, duplicates=1, losses=1), 1),
    "stores fail": (Budget(outages=3), 1),
    "hints, lost jobs, files in the result": (Budget(losses=1, outages=1, hints=1, breaks=1, sweeps=0), 1),
    "a day later, deaths": (Budget(late=1, deaths=1), 1),
    "deaths, broken engines": (Budget(outages=1, deaths=1, breaks=1), 1),
    "cancel and delete": (Budget(cancels=1, deletes=1, sweeps=0, duplicates=1), 1),
    "the id is used again": (Budget(deletes=1, recreations=1, sweeps=0), 1),
    "its command comes twice": (Budget(events=0, deletes=1, cancels=1, recreations=1, sweeps=0, carriers=2), 1),
    "several files": (Budget(losses=1, hints=1), 2),
    "several files, the id is used again": (Budget(deletes=1, recreations=1, sweeps=0), 2),
}

SIZES = {"small": SMALL, "middle": MIDDLE, "full": FULL}


def prove(_seed: int, size: str) -> Result:
    """Walk through all scenes of a size. Nothing is drawn: the seed changes nothing."""
    scenes = SIZES[size]
    explored = dict(walk(scenes))
    violations = [
        f"{name}: {one.broken}\n  " + "\n  ".join(one.trace) for name, one in explored.items() if one.broken
    ]
    states, moves, alone = (
        sum(getattr(one, field) for one in explored.values()) for field in ("states", "moves", "alone")
    )
    return Result(
        figure=f"{states:,} states, {moves:,} moves, all of {len(scenes)} scenes; "
        f"the sweeper alone ended all {alone:,} situations",
        violations=violations,
    )


def walk(scenes: Scenes) -> Iterator[tuple[str, Explored]]:
    """One after the other."""
    with failures_that_end(FAILURES):
        for name, (budget, images) in scenes.items():
            yield name, explore(budget, images)


@contextmanager
def failures_that_end(most: int) -> Iterator[None]:
    """The budget of failures, smaller for a while."""
    known = vars(transitions)
    usual = known["MAX_FAILURES"]
    known["MAX_FAILURES"] = most
    try:
        yield
    finally:
        known["MAX_FAILURES"] = usual
