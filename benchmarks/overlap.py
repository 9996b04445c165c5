"""How much of its time the GPU is busy, where stages sleep: through the SDK's worker loop and the RunPod emulator.

The stock worker is the SDK with its defaults and a plain handler (`stock_sleeper`); ours is the deployed handler
with its claims, heartbeats and uploads, on documents in memory (`our_sleeper`). All jobs are queued beforehand.
"""

from dataclasses import dataclass

from benchmarks.endpoint import Course, MeasurementFailed, endpoint
from benchmarks.intervals import Interval, busy_fraction, most_at_once
from benchmarks.plots import draw_timelines, keep
from benchmarks.queued_documents import queue_documents
from benchmarks.row import Row
from benchmarks.sleeping_stages import REQUEST, SleepingStages
from benchmarks.table import print_table

COMMAND = "python -m benchmarks.overlap"
OURS, STOCK = "benchmarks.our_sleeper", "benchmarks.stock_sleeper"
PATIENCE_SECONDS = 120
SHOWN_SECONDS = 8.0
"""How much of the runs the drawing shows."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One worker's work."""

    course: Course
    gpu: list[Interval]
    """When a job had the GPU."""

    @property
    def busy(self) -> float:
        """How much of its time the GPU was."""
        return busy_fraction(self.gpu)


@dataclass(frozen=True, kw_only=True)
class Load:
    """Jobs of one kind, and what we want of them."""

    gpu_seconds: float
    other_seconds: float
    jobs: int
    stock_jobs: int
    """Fewer where the stock worker would keep us waiting: it does one a second, the first like the last."""
    least_busy: float
    most_held: int | None
    """Each held job is one that no other worker can begin."""


LOADS = (
    Load(gpu_seconds=0.5, other_seconds=0.3, jobs=40, stock_jobs=40, least_busy=0.975, most_held=4),
    Load(gpu_seconds=0.1, other_seconds=0.3, jobs=200, stock_jobs=25, least_busy=0.9, most_held=None),
)


def measure() -> list[Row]:
    """Measure each load, and draw the first one."""
    rows = []
    for load in LOADS:
        ours, stock = run(OURS, load, load.jobs), run(STOCK, load, load.stock_jobs)
        rows.append(_row(load, ours, stock))
        if load is LOADS[0]:
            keep("timeline.svg", draw_timelines({"stock SDK": stock.gpu, "ours": ours.gpu}, SHOWN_SECONDS))
    return rows


def run(worker: str, load: Load, jobs: int) -> Run:
    """Queue so many jobs, start the worker, and wait until all are done."""
    with endpoint() as place:
        stages = SleepingStages(
            gpu_seconds=load.gpu_seconds,
            other_seconds=load.other_seconds,
            diary=place.folder / "gpu.txt",
            jobs=jobs,
        )
        queued = [place.submit(body) for body in queue_documents(jobs, REQUEST)[1]]
        with place.worker(worker, *stages.arguments):
            course = place.follow(queued, patience_seconds=PATIENCE_SECONDS)
        gpu = stages.noted()
    check_shared_by_nobody(gpu, jobs, load)
    return Run(course=course, gpu=gpu)


def check_shared_by_nobody(gpu: list[Interval], jobs: int, load: Load) -> None:
    """Raise `MeasurementFailed` where two had the GPU at once, or all together not as long as they need it."""
    used = sum(one.end - one.start for one in gpu)
    if most_at_once(gpu) != 1 or used < jobs * load.gpu_seconds:
        raise MeasurementFailed(f"{jobs} jobs shared the GPU, and used {used:.1f} s of it")


def _row(load: Load, ours: Run, stock: Run) -> Row:
    held = "" if load.most_held is None else f", holding at most {load.most_held}"
    return Row(
        what=f"GPU busy, {load.gpu_seconds:g} s on it and {load.other_seconds:g} s after it",
        ours=f"{ours.busy:.1%}, holding {ours.course.most_held}",
        naive=f"{stock.busy:.1%}, holding {stock.course.most_held}",
        limit="100 %",
        target=f"at least {load.least_busy:.1%}{held}",
        met=ours.busy >= load.least_busy and ours.course.most_held <= (load.most_held or load.jobs),
        command=COMMAND,
    )


if __name__ == "__main__":
    print_table(measure())
