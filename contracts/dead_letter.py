"""The message that the Pub/Sub topic `generation-dead-letters` carries for each generation that was given up.

Not for those whose request was no good: nobody but their user can do anything about them.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from contracts.errors import ErrorCode
from contracts.paths import GenerationPath
from contracts.status import Status

DEAD_LETTERS = "generation-dead-letters"
OF_THE_REQUEST = {ErrorCode.INVALID_REQUEST, ErrorCode.OBJECT_TAKEN}


class DeadLetter(BaseModel):
    """What was given up, and why. The document holds the rest; a prompt is not told to whoever reads topics."""

    model_config = ConfigDict(frozen=True)

    document: str
    code: str
    stage: str
    failures: int
    attempts: int

    @classmethod
    def of(cls, path: GenerationPath, fields: Mapping[str, Any]) -> Self | None:
        """The message for a document that has just ended; None where it is nobody's business but its user's."""
        error = fields.get("error")
        if fields.get("status") != Status.FAILED or not isinstance(error, Mapping):
            return None
        if error.get("code") in OF_THE_REQUEST:
            return None
        return cls(
            document=path.document,
            code=error["code"],
            stage=error["stage"],
            failures=fields.get("failures", 0),
            attempts=len(fields.get("attempts") or ()),
        )
