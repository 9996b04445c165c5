"""The message that the Pub/Sub topic `generation-events` carries for each ending."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.paths import GenerationPath
from contracts.status import Status

TOPIC = "generation-events"


class Ending(BaseModel):
    """A generation has ended. A hint: it can come twice, late or never; the document is the truth."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    media_type: str
    file_uid: str
    created_at: datetime | None = None
    """Absent where the document did not hold one."""
    status: str
    error_code: str | None = None


def ending_of(path: GenerationPath, fields: Mapping[str, Any]) -> Ending:
    """The message for a document that has just ended."""
    created_at = fields.get("created_at")
    return Ending(
        user_id=path.user_id,
        media_type=path.media_type,
        file_uid=path.file_uid,
        created_at=created_at if isinstance(created_at, datetime) else None,
        status=fields["status"],
        # A malformed document that is cancelled can hold anything under `error`; a failed one holds ours.
        error_code=fields["error"]["code"] if fields["status"] == Status.FAILED else None,
    )
