"""An emulated RunPod endpoint: jobs that wait there, and one worker, a process of its own, that does them."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.emulator import KEY, ROOT, emulator
from benchmarks.intervals import Interval, most_at_once
from runpod_emulator import DEFAULT_ENDPOINT_ID, worker_environment

LOOK_SECONDS = 0.2
ANSWER_SECONDS = 10
WORKER = "worker-1"


class MeasurementFailed(Exception):  # noqa: N818 - it ends a measurement, and the message says what happened
    """What was to be measured did not happen."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the endpoint saw of some jobs, in seconds of its clock, exact to a millisecond."""

    submitted: Mapping[str, float]
    taken: Mapping[str, float]
    ended: Mapping[str, float]

    @property
    def most_held(self) -> int:
        """How many jobs the worker had taken and not yet answered, at most."""
        return most_at_once(Interval(start=taken, end=self.ended[job]) for job, taken in self.taken.items())

    @property
    def jobs_per_second(self) -> float:
        """From the first one taken to the last one answered."""
        return len(self.taken) / (max(self.ended.values()) - min(self.taken.values()))

    @property
    def latencies(self) -> list[float]:
        """From submission to result, in the order of submission."""
        return [self.ended[job] - submitted for job, submitted in self.submitted.items()]


class Endpoint:
    """Somebody's RunPod endpoint, seen from outside."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        """For whatever the measurement keeps."""
        self._url = url
        self._session = requests.Session()
        self._worker: subprocess.Popen[bytes] | None = None

    def submit(self, body: Mapping[str, Any]) -> str:
        """Queue a job; return its id."""
        job_id: str = self._ask("POST", f"{self._url}/{DEFAULT_ENDPOINT_ID}/run", body)["id"]
        return job_id

    @contextlib.contextmanager
    def worker(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[None]:
        """Have `python -m module` work here."""
        runpod = worker_environment(
            self._url, endpoint_id=DEFAULT_ENDPOINT_ID, worker_id=WORKER, api_key=KEY, home=self.folder
        )
        with (self.folder / "worker.log").open("ab") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **runpod, **(environment or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):  # the group holds the SDK's pings, too
                os.killpg(self._worker.pid, signal.SIGKILL)
            self._worker.wait()

    def follow(self, jobs: Sequence[str], *, patience_seconds: float) -> Course:
        """Wait until all have been done well. Raises `MeasurementFailed` where one was not, or not in time."""
        moments: dict[str, dict[str, float]] = {"job_submitted": {}, "job_taken": {}, "job_ended": {}}
        seen, deadline = 0, time.monotonic() + patience_seconds
        while moments["job_ended"].keys() < set(jobs):
            news = self._ask("GET", f"{self._url.removesuffix('/v2')}/events?after={seen}")
            seen = news["latest"]
            for event in news["events"]:
                if event["event"] in moments and event["job"] in jobs:
                    moments[event["event"]][event["job"]] = event["at"]
            self._check(deadline)
            time.sleep(LOOK_SECONDS)
        for job in jobs:
            self._check_done_well(job)
        return Course(submitted=moments["job_submitted"], taken=moments["job_taken"], ended=moments["job_ended"])

    def _check(self, deadline: float) -> None:
        if self._worker is not None and self._worker.poll() is not None:
            raise MeasurementFailed(f"the worker has ended: {self._log()}")
        if time.monotonic() > deadline:
            raise MeasurementFailed(f"the jobs were not done in time: {self._log()}")

    def _check_done_well(self, job: str) -> None:
        status = self._ask("GET", f"{self._url}/{DEFAULT_ENDPOINT_ID}/status/{job}")
        output = status.get("output")
        if not isinstance(output, dict) or output.get("outcome") != "completed":
            raise MeasurementFailed(f"a job came to {status['status']}, {output}: {self._log()}")

    def _log(self) -> str:
        return (self.folder / "worker.log").read_text(errors="replace")[-2000:]

    def _ask(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {KEY}"}
        response = self._session.request(method, url, headers=headers, json=body, timeout=ANSWER_SECONDS)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


@contextlib.contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Have one, until the block ends."""
    with emulator() as (url, _), tempfile.TemporaryDirectory() as folder:
        yield Endpoint(url, Path(folder))
