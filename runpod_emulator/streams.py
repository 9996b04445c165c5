"""What workers stream: the chunks of each job that its client has not fetched yet."""

import asyncio

from runpod_emulator.job_queue import JobQueue
from runpod_emulator.steps import Step, Stepped

#: The steps after which an earlier attempt's chunks mean nothing any more.
_CLEARING = frozenset({Step.LOST, Step.RETRIED, Step.REMOVED})


class Streams:
    """The chunks that wait to be fetched.

    Args:
        queue: The jobs; it is listened to.
    """

    def __init__(self, queue: JobQueue) -> None:
        self._chunks: dict[str, list[object]] = {}
        self._news = asyncio.Event()
        queue.listeners.append(self._heed)

    def __len__(self) -> int:
        return len(self._chunks)

    def add(self, job_id: str, chunk: object) -> None:
        """Keep a chunk until it is fetched."""
        self._chunks.setdefault(job_id, []).append(chunk)
        self._wake()

    def take(self, job_id: str) -> tuple[object, ...]:
        """Return the chunks that came since the last call; each is given once."""
        return tuple(self._chunks.pop(job_id, ()))

    async def news(self) -> None:
        """Come back when any job has a new chunk or has made a step."""
        await self._news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news.clear()

    def _heed(self, stepped: Stepped) -> None:
        if stepped.step in _CLEARING:
            self._chunks.pop(stepped.job.id, None)
        self._wake()
