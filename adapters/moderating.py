"""Both checks as they are asked: what gives no answer lets nothing through."""

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from adapters.alerting import call_operator
from contracts.errors import ErrorCode, FailedStage, RequestInvalid, Unavailable
from contracts.moderation import InputCheck, blocked_field
from contracts.paths import GenerationPath

MEND = "A check gave no answer, so nothing goes through it: mend the check, or what it asks."


def check_input(check: InputCheck, path: GenerationPath, request: Mapping[str, Any]) -> None:
    """Let a resolved request through, or not. What it asks for is neither told nor logged.

    Raises:
        RequestInvalid: `prompt_blocked`.
        Unavailable: the check gave no answer. The operator has been called.

    """

    def ask() -> str | None:
        return blocked_field(lambda text: yes_or_no(check(text)), request)

    field = answered(ask, path, FailedStage.VALIDATING)
    if field is not None:
        raise RequestInvalid(
            field, f"{field} asks for something that is not made here. Reword it.", ErrorCode.PROMPT_BLOCKED
        )


def answered(ask: Callable[[], Any], path: GenerationPath, stage: FailedStage) -> Any:  # noqa: ANN401 - its answer
    """What a check answers.

    Raises `Unavailable` where it raises anything. The error's own text can hold the prompt, so the operator is
    told its type, and where it was raised.
    """
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - a check can raise anything
        where = traceback.extract_tb(error.__traceback__)[-1]
        call_operator(
            "check_failed",
            MEND,
            generation=path.document,
            exception_type=type(error).__name__,
            where=f"{where.filename.rpartition('site-packages/')[2]}:{where.lineno}",
        )
        raise Unavailable(
            ErrorCode.CHECK_UNAVAILABLE, stage, "This could not be checked, so it is not made. Try again later."
        ) from None


def yes_or_no(answer: object) -> bool:
    """What a check has answered. Raises `TypeError` for what is neither: it could mean either."""
    if answer in (True, False):
        return bool(answer)
    msg = f"a check answers True or False, and not a {type(answer).__name__}"
    raise TypeError(msg)
