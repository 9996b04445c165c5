"""Each minute: finish whatever has stopped moving. This, and not the events, is what no request is lost by.

It looks at leases that are over, at creations whose event may have been lost, and at commands that nobody has
carried out. Any number of sweeps can run at once. What one does not get to, the next one does: each looks at
so many at most, the longest waiting first.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial

from adapters.alerting import call_operator
from contracts import transitions
from contracts.command import COMMANDS
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Creation, Mark, StoreUnavailable
from contracts.transitions import Change, Reason
from triggers.commands import carry_out
from triggers.dispatch import dispatch
from triggers.rescue import rescue
from triggers.wiring import Outside

MOST_AT_ONCE = 200
"""Documents of each kind that one sweep looks at."""
MARKED_TOGETHER = 20
"""Creations; a sweep that dies has them looked at again, and not the whole of what it had found."""
THREADS = 8
LOOKS_BACK = timedelta(hours=24)
"""How far the first sweep of all looks."""
SWEPT = "swept"
STUMBLED = "The sweeper stumbled over this document, and will again: mend the code, or the document."

log = logging.getLogger(__name__)


@dataclass
class Tally:
    """What one sweep found, and how much of it is left to the next."""

    overdue: int = 0
    oldest_overdue_seconds: int = 0
    """By its age, and not by its lease: what RunPod does not get to is overdue anew each minute."""
    creations: int = 0
    commands: int = 0
    left: int = 0


def sweep(
    outside: Outside,
    new_threads: Callable[..., Executor] = ThreadPoolExecutor,
) -> None:
    """One round. What fails is logged, and left to the next round.

    The line `swept` says that it looked at everything; monitoring/sweeper_silent.json notices where none comes.
    """
    tally = Tally()
    whole = True
    with new_threads(THREADS, thread_name_prefix="sweep") as threads:
        for media_type in MediaType:
            whole &= _done(media_type, partial(_look_after_overdue, media_type, outside, threads, tally))
            whole &= _done(media_type, partial(_look_through_creations, media_type, outside, threads, tally))
        whole &= _done(COMMANDS, partial(_carry_out_waiting, outside, threads, tally))
    if whole:
        log.info(SWEPT, extra=asdict(tally))


def _look_after_overdue(media_type: MediaType, outside: Outside, threads: Executor, tally: Tally) -> None:
    now = outside.now()
    overdue = outside.generations.overdue(media_type, now=now, limit=MOST_AT_ONCE)
    tally.overdue += len(overdue)
    ages = [int((now - one.created_at).total_seconds()) for one in overdue if one.created_at is not None]
    tally.oldest_overdue_seconds = max([tally.oldest_overdue_seconds, *ages])
    tally.left += _each(threads, (_rescuing(one.path, outside) for one in overdue)).count(False)


def _carry_out_waiting(outside: Outside, threads: Executor, tally: Tally) -> None:
    waiting = outside.commands.waiting(until=outside.now() - outside.patience.event, limit=MOST_AT_ONCE)
    tally.commands += len(waiting)
    carrying_out = (_carrying_out(user_id, command_id, outside) for user_id, command_id in waiting)
    tally.left += _each(threads, carrying_out).count(False)


def _rescuing(path: GenerationPath, outside: Outside) -> Callable[[], bool]:
    return lambda: _looked_after(path, outside)


def _looked_after(path: GenerationPath, outside: Outside) -> bool:
    """What goes wrong now may go wrong each time: it must not come first each time as well."""
    if _done(path.document, lambda: rescue(path, outside)):
        return True
    _put_off(path, transitions.postpone, outside)
    return False


def _carrying_out(user_id: str, command_id: str, outside: Outside) -> Callable[[], bool]:
    return lambda: _done(f"generations/{user_id}/commands", lambda: carry_out(user_id, command_id, outside))


def _look_through_creations(media_type: MediaType, outside: Outside, threads: Executor, tally: Tally) -> None:
    """Each creation is looked at once: what cannot be dispatched now gets a lease, and is overdue later."""
    until = outside.now() - outside.patience.event
    since = outside.sweeper.mark(media_type) or Mark(created_at=until - LOOKS_BACK)
    found = outside.generations.created(media_type, since=since, until=until, limit=MOST_AT_ONCE)
    for first in range(0, len(found), MARKED_TOGETHER):
        looked_at = found[first : first + MARKED_TOGETHER]
        begun = _each(threads, (_beginning(creation, outside) for creation in looked_at))
        tally.creations += len(begun)
        tally.left += begun.count(False)
        if not all(begun):
            return
        moved = outside.sweeper.mark(media_type)
        if moved is None or moved < looked_at[-1].mark:  # a sweep that was held up must not take it back by hours
            outside.sweeper.move(media_type, looked_at[-1].mark)


def _beginning(creation: Creation, outside: Outside) -> Callable[[], bool]:
    return lambda: creation.path is None or _begun(creation.path, outside)


def _begun(path: GenerationPath, outside: Outside) -> bool:
    return _done(path.document, lambda: dispatch(path, outside)) or _put_off(
        path, partial(transitions.wait, attempt=0), outside
    )


def _put_off(path: GenerationPath, transition: Callable[..., Change | Reason], outside: Outside) -> bool:
    now = outside.now()

    def leased() -> None:
        outside.generations.apply(
            path, lambda found: transition(found, now=now, lease_expires_at=now + outside.patience.look_again)
        )

    return _done(path.document, leased)


def _each(threads: Executor, works: Iterable[Callable[[], bool]]) -> list[bool]:
    return list(threads.map(lambda work: work(), works))


def _done(document: str, work: Callable[[], None]) -> bool:
    """Whether it went through. One that does not must not keep the others from their turn."""
    try:
        work()
    except StoreUnavailable as error:
        log.warning("not_swept", extra={"document": document, "cause": str(error)})
    except Exception as error:  # noqa: BLE001 - one document, whatever it holds, must not stop the sweep of all
        call_operator("sweep_failed", STUMBLED, document=document, cause=type(error).__name__)
    else:
        return True
    return False
