"""The fifth proof: real processes killed and stopped in the midst of everything, and each request ends once."""

from collections import Counter
from collections.abc import Sequence
from random import Random

from chaos.emulators import environment
from chaos.proof import Result
from chaos.real import points
from chaos.real.commands import Commands
from chaos.real.course import Course
from chaos.real.faults import How
from chaos.real.points import Point
from chaos.real.stack import running
from chaos.real.verdict import Verdict
from chaos.real.workers import Stopped, Workers, struck
from chaos.storage_preconditions.serving import storage_preconditions
from local.ports import address

TIMES: Sequence[tuple[How, Sequence[Point], int]] = (
    (How.KILL, points.WORKERS, 16),
    (How.KILL, points.EVENTS, 9),
    (How.KILL, points.COMMANDS, 9),
    (How.KILL, points.SWEEPS, 5),
    (How.STOP, points.STOPS, 6),
)
"""How often at each of these points: above 300 kills, and above 50 stops."""
WORKERS = 6
MOST_OPEN, MOST_UNSEEN = 48, 4
LONG_STEPS = 40
"""Two seconds: so that a command finds it still open."""
STOPPED_SECONDS = 11.0
"""Longer than any lease of a worker's: somebody else has been given the job by then."""
ENOUGH = 0.9
"""Of the plan: a sweeper can be quicker than the function that was to be struck."""
FEW = 2
"""Strikes at one point that can all be missed by that."""

Planned = tuple[How, Point]


def prove(seed: int, share: float = 1.0) -> Result:
    """Carry out this share of the plan."""
    random = Random(seed)
    planned = [fault for how, where, times in TIMES for fault in _drawn(how, where, times * share)]
    random.shuffle(planned)
    named = {f"k-{number}": fault for number, fault in enumerate(planned)}
    with (
        storage_preconditions(f"http://{address('storage')}") as storage,
        environment(STORAGE_EMULATOR_HOST=storage),
        running({"plan": {one: _plan(*fault) for one, fault in named.items()}}, storage=storage) as stack,
        Workers(WORKERS, stack.worker_environment()) as workers,
    ):
        course, commands = Course("Killing workers and functions"), Commands(random)
        stopped = Stopped(stack.folder, STOPPED_SECONDS)

        def ask(number: int) -> None:
            _, point = named[f"k-{number}"]
            steps = LONG_STEPS if point.taken_back else 2
            course.pages.ask(f"k-{number}", num_images=point.images, steps=steps)
            if point.taken_back:
                commands.later(f"k-{number}", point.taken_back)

        def meanwhile() -> None:
            workers.look_after()
            stopped.look_after()
            commands.give(course)

        course.run(len(named), ask, most_open=MOST_OPEN, most_unseen=MOST_UNSEEN, meanwhile=meanwhile)
        return _result(named, struck(stack.folder), course.end(stack.folder))


def _drawn(how: How, where: Sequence[Point], times: float) -> list[Planned]:
    """Each point so often; of a small share of the plan, the first points once."""
    count = round(len(where) * times)
    return [(how, where[number % len(where)]) for number in range(max(1, count))]


def _plan(how: How, point: Point) -> list[list[str]]:
    """As the processes read it."""
    first = [] if point.after is None else [[How.KILL.value, *point.after]]
    return [*first, [how.value, point.role, point.at]]


def _result(named: dict[str, Planned], struck_: dict[str, How], verdict: Verdict) -> Result:
    plans = {one: _plan(*fault) for one, fault in named.items()}
    strikes = {f"{one}.{number}": strike for one, plan in plans.items() for number, strike in enumerate(plan)}
    planned = Counter(map(" ".join, strikes.values()))
    happened = Counter(" ".join(strikes[mark]) for mark in struck_)
    of = {how: sum(times for point, times in happened.items() if point.startswith(how)) for how in How}
    violations = list(verdict.violations)
    if happened.total() < ENOUGH * planned.total():
        violations.append(f"only {happened.total()} of {planned.total()} planned strikes came about")
    violations += [
        f"never came about: {point}" for point, times in planned.items() if times > FEW and not happened[point]
    ]
    return Result(
        figure=f"{of[How.KILL]} SIGKILL and {of[How.STOP]} SIGSTOP at {len(happened)} points; "
        f"{len(named)} jobs: {verdict.fates}; {verdict.gpu_runs_per_job:.2f} GPU runs a job, "
        f"the slowest {verdict.slowest_seconds:.0f} s",
        violations=violations,
    )
