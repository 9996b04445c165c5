"""Those who wait for a job's end: /runsync, and a fault that holds progress back."""

import asyncio

from runpod_emulator.job_queue import JobQueue
from runpod_emulator.steps import ENDINGS, Step, Stepped

#: What else ends a wait: a job that is forgotten will never end.
_WAKING = ENDINGS | {Step.REMOVED}


class JobWaiters:
    """Those who wait for the end of a job.

    Args:
        queue: The jobs; it is listened to.
    """

    def __init__(self, queue: JobQueue) -> None:
        self._waiting: dict[str, asyncio.Event] = {}
        self._count: dict[str, int] = {}
        self._closed = False
        queue.listeners.append(self._heed)

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, job_id: str) -> None:
        """Come back when the job has ended or is forgotten, or when the emulator stops."""
        if self._closed:
            return
        event = self._waiting.setdefault(job_id, asyncio.Event())
        self._count[job_id] = self._count.get(job_id, 0) + 1
        try:
            await event.wait()
        finally:
            self._count[job_id] -= 1
            if not self._count[job_id]:
                del self._count[job_id], self._waiting[job_id]

    def close(self) -> None:
        """Wake everybody, and let nobody wait any more: the emulator stops."""
        self._closed = True
        for event in self._waiting.values():
            event.set()

    def _heed(self, stepped: Stepped) -> None:
        if stepped.step in _WAKING and stepped.job.id in self._waiting:
            self._waiting[stepped.job.id].set()
