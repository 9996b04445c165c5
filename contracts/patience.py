"""How long the functions wait for others before they look again.

Leases only decide when to try again; safety depends on none of these.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Every wait that does not depend on the model; the catalogue has the others (`Deadlines`)."""

    event: timedelta = timedelta(seconds=60)
    """So long an event has the first go at what was created."""
    submitting: timedelta = timedelta(seconds=60)
    """The least lease while RunPod is asked: what a function that dies, or an answer that is lost, costs."""
    ask_again: timedelta = timedelta(seconds=60)
    """While RunPod has it in its queue, or cannot be asked."""
    look_again: timedelta = timedelta(minutes=2)
    """After a creation that could not be begun, or a lease that could not be looked after."""
    breaker: timedelta = timedelta(minutes=5)
    """How long RunPod is left alone after it said that our key, our credit or our endpoint is no good."""
    shortest_pause: timedelta = timedelta(seconds=10)
    longest_pause: timedelta = timedelta(minutes=10)

    def pause_before(self, again: int, chance: float) -> timedelta:
        """How long to wait before the `again`-th new try, from 1: four times as long each time, up to a limit.

        `chance` is from 0 to 1, and takes up to half of it away, so that those that failed together do not come
        back together.
        """
        shortest, limit = self.shortest_pause.total_seconds(), self.longest_pause.total_seconds()
        return timedelta(seconds=min(shortest * 4.0 ** min(again - 1, 8), limit) * (0.5 + 0.5 * chance))


USUAL = Patience()
"""Of every deployment; a proof that has no hours to wait has another."""
