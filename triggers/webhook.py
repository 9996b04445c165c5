"""RunPod says that a job is over: a hint that saves waiting for a lease. The sweeper does without it."""

import logging

from contracts.webhook_token import Hint
from triggers.rescue import follow_hint
from triggers.wiring import Outside

log = logging.getLogger(__name__)


def receive(token: str, secret: str, outside: Outside) -> bool:
    """Look at what the token is about. False where it is none of ours, or too old.

    What RunPod sends along is not read: its own `/status` is asked.
    """
    hint = Hint.verify(token, secret, outside.now())
    if hint is None:
        log.warning("webhook_refused")
        return False
    follow_hint(hint.path, hint.created_at, hint.attempt, outside)
    return True
