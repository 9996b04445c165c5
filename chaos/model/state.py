"""Everything at one moment, as a value that can be compared."""

from typing import NamedTuple

from chaos.model.calls import Thing
from contracts.runpod_job import RunPodStatus


class Job(NamedTuple):
    """One that RunPod took. Its number is its place among them."""

    epoch: int
    attempt: int
    status: RunPodStatus | None
    """None: forgotten."""
    output: str | None = None
    deliveries: int = 0


class Budget(NamedTuple):
    """How often what is not ours to decide may still happen: it makes the model finite."""

    events: int = 1
    """Deliveries of each creation's event, and looks of the sweeper at new creations."""
    sweeps: int = 1
    """Times that a sweeper takes the lease for over."""
    late: int = 0
    """Of those, a day later."""
    hints: int = 0
    duplicates: int = 0
    """Jobs that RunPod hands out once more."""
    losses: int = 0
    """Jobs that RunPod calls failed, or forgets."""
    refusals: int = 0
    """Answers of RunPod other than yes, true or not."""
    outages: int = 0
    """Calls of a store that fail, before or after they were carried out."""
    deaths: int = 0
    """Of whoever runs, wherever he is. His silence for ever is in the model without them."""
    breaks: int = 0
    """Of the engine."""
    cancels: int = 0
    deletes: int = 0
    carriers: int = 1
    """Runs of the function that carries out one command."""
    recreations: int = 0


class State(NamedTuple):
    """One moment."""

    doc: int | None
    budget: Budget
    epoch: int = 0
    """Which of the two documents the page wrote last."""
    things: tuple[Thing, ...] = ()
    puts: int = 0
    jobs: tuple[Job, ...] = ()
    commands: tuple[tuple[str, int], ...] = ()
    """Those that are still there, with how often each was begun."""
    ordered: frozenset[str] = frozenset()
    """All that ever were."""
    breaker: bool = False
    actors: tuple[int, ...] = ()
    """Where everybody stands, in no order."""

    def spend(self, what: str, **changes: object) -> "State":
        """One less of it."""
        left = getattr(self.budget, what) - 1
        return self._replace(budget=self.budget._replace(**{what: left}), **changes)  # type: ignore[arg-type]
