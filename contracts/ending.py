"""The message that the Pub/Sub topic `generation-events` carries for each ending."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from contracts.generation import Generation
from contracts.paths import GenerationPath

TOPIC = "generation-events"


class Ending(BaseModel):
    """A generation has ended. A hint: it can come twice, late or never; the document is the truth."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    media_type: str
    file_uid: str
    created_at: datetime
    status: str
    error_code: str | None = None


def ending_of(path: GenerationPath, generation: Generation) -> Ending:
    """The message for a generation that has just ended."""
    return Ending(
        user_id=path.user_id,
        media_type=path.media_type,
        file_uid=path.file_uid,
        created_at=generation.created_at,
        status=generation.status,
        error_code=generation.error.code if generation.error else None,
    )
