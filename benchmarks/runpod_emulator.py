"""How fast the RunPod emulator hands jobs over, and whether its memory stays flat.

    python -m benchmarks.runpod_emulator [--jobs 1000] [--pollers 8] [--memory-jobs 100000]

The emulator is a process of its own and everything goes over HTTP. Paced: each job is queued when the one
before has been taken, so that it measures the way from /run to a waiting poll. Backlog: all jobs wait before
the first poller asks. Memory: many jobs from queue to result, kept for two seconds each.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import resource
import shutil
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks.emulator import HOLD_SECONDS, KEY, emulator

#: How many clients submit at a time in the memory run.
SUBMITTERS = 4
SETTINGS = ("rate_limits=false", "run_retention_seconds=2")
BAR_CHARACTERS = 30


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    figure: str


class Bar:
    """A line that shows how far it is; only in a terminal."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._shown = sys.stderr.isatty()

    def show(self, done: int) -> None:
        """Draw it."""
        if self._shown:
            full = BAR_CHARACTERS * done // max(1, self._total)
            bar = "█" * full + "░" * (BAR_CHARACTERS - full)
            line = f"{self._title}  {bar}  {done}/{self._total}"
            sys.stderr.write("\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1])
            sys.stderr.flush()

    def close(self) -> None:
        """Take it away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Load:
    """The clients and the workers of one run."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._routes = f"{base_url}/safelight"
        self.queued_at: dict[str, float] = {}
        self.taken_at: dict[str, float] = {}
        self.done = 0

    async def submit(self, number: int) -> str:
        """Queue one job."""
        started = time.perf_counter()
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self._session.post(
            f"{self._routes}/run", json={"input": {"number": number}}, headers=headers
        ) as answer:
            job_id: str = (await answer.json())["id"]
        self.queued_at[job_id] = started
        return job_id

    async def work(self, worker_id: str) -> None:
        """Take jobs and give results back, until cancelled."""
        headers = {"Authorization": KEY}
        while True:
            async with self._session.get(f"{self._routes}/job-take/{worker_id}?x=1", headers=headers) as answer:
                if answer.status != 200:
                    continue
                job_id: str = (await answer.json())["id"]
            self.taken_at[job_id] = time.perf_counter()
            url = f"{self._routes}/job-done/{worker_id}/{job_id}?isStream=false"
            async with self._session.post(url, json={"output": {"ok": True}}, headers=headers) as answer:
                await answer.read()
            self.done += 1

    @contextlib.asynccontextmanager
    async def workers(self, count: int) -> AsyncIterator[None]:
        """Have so many workers."""
        tasks = [asyncio.create_task(self.work(f"worker-{number}")) for number in range(count)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def delays_ms(self) -> list[float]:
        """Return how long each job took from the start of /run to its poll's answer, in order."""
        return sorted((self.taken_at[job_id] - queued) * 1000 for job_id, queued in self.queued_at.items())


async def measure_paced(load: Load, jobs: int, pollers: int) -> list[Row]:
    """Queue each job when the one before is done."""
    bar = Bar("paced", jobs)
    try:
        async with load.workers(pollers):
            await asyncio.sleep(0.5)  # all polls are parked
            for number in range(jobs):
                await load.submit(number)
                while load.done <= number:  # noqa: ASYNC110 - an event would be one turn later
                    await asyncio.sleep(0)
                bar.show(number + 1)
    finally:
        bar.close()
    return quantiles(f"paced, {jobs} jobs, {pollers} pollers", load.delays_ms())


async def measure_backlog(load: Load, jobs: int, pollers: int) -> list[Row]:
    """Queue all jobs, then let the workers have them."""
    bar = Bar("backlog", jobs)
    try:
        for number in range(jobs):
            await load.submit(number)
        started = time.perf_counter()
        async with load.workers(pollers):
            while load.done < jobs:
                bar.show(load.done)
                await asyncio.sleep(0.01)
        seconds = time.perf_counter() - started
    finally:
        bar.close()
    rate = f"{jobs / seconds:.0f} jobs/s, {seconds / jobs * 1000:.2f} ms each"
    return [Row(f"backlog, {jobs} jobs, {pollers} pollers: take and result", rate)]


async def measure_memory(load: Load, jobs: int, pollers: int, process: int) -> list[Row]:
    """Put many jobs through, and look at the emulator's memory ten times."""
    bar = Bar("memory", jobs)
    numbers = itertools.count()
    seen: list[float] = []

    async def submit_many() -> None:
        while (number := next(numbers)) < jobs:
            await load.submit(number)
            while number - load.done > 10 * pollers:  # noqa: ASYNC110 - only so that the queue stays short
                await asyncio.sleep(0.001)
            load.queued_at.clear()
            load.taken_at.clear()

    try:
        async with load.workers(pollers):
            submitters = [asyncio.create_task(submit_many()) for _ in range(SUBMITTERS)]
            while load.done < jobs:
                bar.show(load.done)
                if load.done >= (len(seen) + 1) * jobs // 10:
                    seen.append(resident_mib(process))
                await asyncio.sleep(0.02)
            await asyncio.gather(*submitters)
        seen.append(resident_mib(process))
    finally:
        bar.close()
    after = f"{seen[0]:.0f} MiB after a tenth, {seen[len(seen) // 2]:.0f} after half, {seen[-1]:.0f} at the end"
    return [
        Row(f"memory over {jobs} jobs", after),
        Row("", f"most {max(seen):.0f} MiB, least {min(seen):.0f} MiB"),
    ]


def quantiles(what: str, delays_ms: list[float]) -> list[Row]:
    """Return the rows of a distribution."""
    p50, p99 = statistics.median(delays_ms), delays_ms[int(len(delays_ms) * 0.99) - 1]
    return [Row(f"{what}: /run to take", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, most {delays_ms[-1]:.2f} ms")]


def resident_mib(process: int) -> float:
    """Return how much memory a process holds; of one that is gone, or where nobody says, nothing."""
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 2**20
    return 0.0


async def measure(options: argparse.Namespace) -> list[Row]:
    """Take all figures, each on an emulator of its own."""
    rows: list[Row] = []
    timeout = aiohttp.ClientTimeout(total=HOLD_SECONDS + 60)
    for kind in ("paced", "backlog", "memory"):
        with emulator(*SETTINGS) as (base_url, process):
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
                load = Load(session, base_url)
                if kind == "paced":
                    rows += await measure_paced(load, options.jobs, options.pollers)
                elif kind == "backlog":
                    rows += await measure_backlog(load, options.jobs, options.pollers)
                else:
                    rows += await measure_memory(load, options.memory_jobs, options.pollers, process)
    return rows


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.runpod_emulator", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000, help="jobs of the paced and the backlog run")
    parser.add_argument("--pollers", type=int, default=8, help="workers that poll")
    parser.add_argument("--memory-jobs", type=int, default=100_000, help="jobs of the memory run")
    rows = asyncio.run(measure(parser.parse_args()))
    width = max(len(row.what) for row in rows)
    for row in rows:
        print(f"{row.what:<{width}}  {row.figure}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
