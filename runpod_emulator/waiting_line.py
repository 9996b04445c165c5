"""The line in which jobs wait, and the reservations by which they leave it. It knows ids only."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, eq=False)
class Reservation:
    """Jobs set aside for one answer about to be written. Two are never equal.

    Attributes:
        worker_id: Who asked.
        job_ids: What the answer says, the first in line first.
    """

    worker_id: str
    job_ids: tuple[str, ...]


class WaitingLine:
    """The line of one endpoint. Every step takes constant time for each job it moves."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._second_deliveries: OrderedDict[str, None] = OrderedDict()
        self._reservations: dict[str, Reservation] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[str]:
        return iter(self._waiting)

    def join(self, job_id: str) -> None:
        """Put a job at the end."""
        self._waiting[job_id] = None

    def return_to_head(self, job_id: str) -> None:
        """Put a job first."""
        self._waiting[job_id] = None
        self._waiting.move_to_end(job_id, last=False)

    def deliver_again(self, job_id: str) -> None:
        """Give a job that somebody has to the next who asks, too, before all who wait."""
        self._second_deliveries[job_id] = None

    def reserve(self, worker_id: str, count: int) -> Reservation | None:
        """Set aside up to `count` jobs; None if none wait."""
        job_ids: list[str] = []
        for line in (self._second_deliveries, self._waiting):
            job_ids += [line.popitem(last=False)[0] for _ in range(min(count - len(job_ids), len(line)))]
        if not job_ids:
            return None
        reservation = Reservation(worker_id=worker_id, job_ids=tuple(job_ids))
        self._reservations.update(dict.fromkeys(job_ids, reservation))
        return reservation

    def reserved_by(self, job_id: str) -> str | None:
        """Return whose answer is being written with this job, or None."""
        reservation = self._reservations.get(job_id)
        return None if reservation is None else reservation.worker_id

    def is_writing_to(self, worker_id: str) -> bool:
        """Whether an answer with a job is just being written to this worker."""
        return any(reservation.worker_id == worker_id for reservation in self._reservations.values())

    def settle(self, reservation: Reservation) -> tuple[str, ...]:
        """End a reservation; return the jobs that it still had a claim to."""
        job_ids = tuple(job_id for job_id in reservation.job_ids if self._reservations.get(job_id) is reservation)
        for job_id in job_ids:
            del self._reservations[job_id]
        return job_ids

    def leave(self, job_id: str) -> str | None:
        """Take a job out, wherever it is; return whose answer was being written with it, or None."""
        self._waiting.pop(job_id, None)
        self._second_deliveries.pop(job_id, None)
        reservation = self._reservations.pop(job_id, None)
        return None if reservation is None else reservation.worker_id
