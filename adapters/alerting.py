"""Something is ours to mend: one line in the log, for which monitoring/operator_needed.json waits."""

import logging

OPERATOR_NEEDED = "operator_needed"

log = logging.getLogger(__name__)


def call_operator(code: str, what: str, **about: str) -> None:
    """Say what nobody but the operator can mend.

    Args:
        code: constant, for programs.
        what: a sentence that says what to do, without a prompt, a key or a token.
        about: ids and names that help to find it.

    """
    log.critical(OPERATOR_NEEDED, extra={"code": code, "what": what, **about})
