"""RunPod says what only the operator can mend: leave it alone for a while, and call him, once."""

from datetime import datetime

from adapters.alerting import call_operator
from contracts.errors import ErrorCode
from triggers.wiring import Outside

OPERATOR_HAS_TO_ACT = {
    ErrorCode.RUNPOD_UNAUTHORIZED: "RunPod refuses the API key: set the secret RUNPOD_API_KEY anew, and deploy.",
    ErrorCode.RUNPOD_NO_CREDIT: "The RunPod account has no credit left: pay some in.",
    ErrorCode.RUNPOD_ENDPOINT_NOT_FOUND: (
        "RunPod does not know the endpoint: correct RUNPOD_ENDPOINT_ID in triggers/.env.<project>, and deploy."
    ),
}
"""What to do about it."""


def open_breaker(code: ErrorCode, outside: Outside) -> datetime:
    """Leave RunPod alone, for all. Until when. Of many that hear the same at once, one calls the operator."""
    now = outside.now()
    until = now + outside.patience.breaker
    if outside.sweeper.open_breaker(code.value, now=now, until=until):
        call_operator(code.value, OPERATOR_HAS_TO_ACT[code])
    return until
