"""Telling a job's end to the URL that its client gave. Each try is an event; the URL is in none."""

import asyncio
import json

import aiohttp

from runpod_emulator.clock import Clock
from runpod_emulator.events import Events
from runpod_emulator.fault_rules import WEBHOOK_FAULTS, Fault
from runpod_emulator.faults import Faults
from runpod_emulator.job_queue import JobQueue
from runpod_emulator.jobs import Job, JobStatus
from runpod_emulator.settings import Settings
from runpod_emulator.steps import ENDINGS, Stepped


def webhook_body(job: Job) -> bytes:
    """Return what is sent: the body of /status, the input and the webhook itself."""
    return json.dumps({**job.to_status(), "input": job.input, "webhook": job.options.webhook}).encode()


class Webhooks:
    """The webhooks of one endpoint.

    Args:
        clock: What the timeout and the pauses run on.
        settings: How often and how long.
        faults: What may go wrong.
        events: Where each try is noted.
        queue: The jobs; it is listened to.
    """

    def __init__(
        self, clock: Clock, settings: Settings, *, faults: Faults, events: Events, queue: JobQueue
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._faults = faults
        self._events = events
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        queue.listeners.append(self._heed)

    def __len__(self) -> int:
        return len(self._tasks)

    def open(self) -> None:
        """Make the client; to be called in the event loop, before the first job ends."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # 100, its default, would make the others wait
            timeout=aiohttp.ClientTimeout(total=None),  # ours runs on the emulator's clock
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Give up on all that are under way, and close the client."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _heed(self, stepped: Stepped) -> None:
        job = stepped.job
        if self._session is None or job.options.webhook is None or stepped.step not in ENDINGS:
            return
        if not self._is_told(job.status):
            return
        task = asyncio.get_running_loop().create_task(self._tell(job, job.options.webhook, self._session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _is_told(self, status: JobStatus) -> bool:
        if status is JobStatus.CANCELLED:
            return self._settings.webhook_on_cancelled
        return status is not JobStatus.TIMED_OUT or self._settings.webhook_on_timed_out

    async def _tell(self, job: Job, url: str, session: aiohttp.ClientSession) -> None:
        rule = self._faults.draw("webhook", WEBHOOK_FAULTS)
        fault = None if rule is None else rule.fault
        if fault is Fault.WEBHOOK_LOST:
            return
        if rule is not None and fault is Fault.WEBHOOK_LATE:
            await self._clock.sleep(rule.seconds)
        body = b"" if fault is Fault.WEBHOOK_EMPTY else webhook_body(job)
        await self._try_until_taken(job.id, url, body, session)
        if fault is Fault.WEBHOOK_DUPLICATED:
            await self._try_until_taken(job.id, url, body, session)

    async def _try_until_taken(self, job_id: str, url: str, body: bytes, session: aiohttp.ClientSession) -> None:
        for attempt in range(1, self._settings.webhook_retries + 2):
            if attempt > 1:
                await self._clock.sleep(self._settings.webhook_retry_seconds)
            attempted = asyncio.ensure_future(self._try(job_id, url, body, session, attempt=attempt))
            self._clock.watch(attempted)
            try:
                if await attempted:
                    return
            finally:
                attempted.cancel()

    async def _try(
        self, job_id: str, url: str, body: bytes, session: aiohttp.ClientSession, *, attempt: int
    ) -> bool:
        """Send it once; say whether it was taken."""
        try:
            async with (
                self._clock.timeout(self._settings.webhook_timeout_seconds),
                session.post(
                    url, data=body, headers={"Content-Type": "application/json"}, allow_redirects=False
                ) as response,
            ):
                status = response.status
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            why = type(error).__name__
            self._events.record("webhook_failed", job=job_id, attempt=attempt, why=why)
            return False
        taken = 200 <= status < 300 if self._settings.webhook_any_2xx else status == 200
        self._events.record(
            "webhook_sent" if taken else "webhook_failed", job=job_id, attempt=attempt, http=status
        )
        return taken
