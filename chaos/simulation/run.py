"""The third proof: so many jobs, all faults, a quiet end, and a verdict. The same seed is the same run."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass

from chaos.proof import Result
from chaos.simulation.people import People
from chaos.simulation.town import Town

BETWEEN_JOBS_SECONDS = 10
MINUTE, HOUR = 60, 3600
MOST_JOBS = 10_000
FEWEST_LABELS = 30
FEWEST_TIMES = 100
JOBS_A_MINUTE = MINUTE // BETWEEN_JOBS_SECONDS
SWEEPS_AT_THE_END = 3


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of it."""

    jobs: int
    fates: dict[str, int]
    faults: Counter[str]
    attempts: Counter[int]
    gpu_runs_per_job: float
    violations: list[str]
    digest: str
    """Of everything that is left: two runs of one seed have the same."""


def simulate(seed: int, jobs: int) -> Verdict:
    """Run it."""
    town = Town(seed)
    people = People(town)
    for number in range(jobs):
        people.ask(number)
        town.run_for(BETWEEN_JOBS_SECONDS)
        if number % JOBS_A_MINUTE == 0:
            _sweep(town)
    _end_quietly(town)
    fates = town.judge.look(town.generations.documents, town.objects)
    return Verdict(
        jobs=len(town.judge.asked),
        fates=fates,
        faults=town.faults.fired,
        attempts=Counter(_attempts(fields) for fields in town.generations.documents.values()),
        gpu_runs_per_job=sum(town.judge.gpu_runs.values()) / max(1, len(town.judge.gpu_runs)),
        violations=[*town.judge.violations, *_wrong(fates), *town.clock.errors],
        digest=_digest(town),
    )


def prove(seed: int, jobs: int = MOST_JOBS) -> Result:
    """The run and its verdict, as a row."""
    verdict = simulate(seed, jobs)
    violations = list(verdict.violations)
    if jobs >= MOST_JOBS:
        violations += [
            f"{label} fired {times} times only" for label, times in verdict.faults.items() if times < FEWEST_TIMES
        ]
        if len(verdict.faults) < FEWEST_LABELS:
            violations.append(f"only {len(verdict.faults)} kinds of faults")
    fewest = min(verdict.faults.values(), default=0)
    return Result(
        figure=f"{verdict.jobs:,} jobs, {len(verdict.faults)} faults, each at least {fewest} times, "
        f"{verdict.faults.total():,} in all; {verdict.fates}; attempts {dict(sorted(verdict.attempts.items()))}; "
        f"{verdict.gpu_runs_per_job:.3f} GPU runs a job; digest {verdict.digest}",
        violations=violations,
    )


def _sweep(town: Town) -> None:
    if town.faults.fires("a sweep is left out", 0.1):
        return
    town.sweep()
    if town.faults.fires("two sweeps at once", 0.1):
        town.sweep()


def _end_quietly(town: Town) -> None:
    """Nothing goes wrong any more: three sweeps with time between them, and the collector."""
    town.faults.quiet = True
    for _ in range(SWEEPS_AT_THE_END):
        town.run_for(3 * HOUR)
        town.sweep()
    town.run_for(72 * HOUR)
    town.collect()
    town.run_for(HOUR)


def _wrong(fates: dict[str, int]) -> list[str]:
    return [
        f"{count} {fate}"
        for fate, count in fates.items()
        if count and fate in {"lost", "ended twice", "stuck", "orphan objects", "files gone"}
    ]


def _attempts(fields: object) -> int:
    return fields.get("attempt", 0) if isinstance(fields, dict) else 0


def _digest(town: Town) -> str:
    """Leaves out what a stopwatch measured."""
    documents = {
        path.document: {key: value for key, value in fields.items() if key != "generation_data"}
        for path, fields in town.generations.documents.items()
    }
    objects = {name: stored.generation for name, (stored, _) in town.objects.objects.items()}
    left = json.dumps([documents, objects, town.faults.fired], sort_keys=True, default=str)
    return hashlib.sha256(left.encode()).hexdigest()[:16]
