"""`generations/{user_id}/commands/{command_id}`: what a user asks of a generation that exists."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from contracts.errors import FromText
from contracts.paths import GenerationPath, MediaType
from contracts.refusal import refusal

COMMANDS = "commands"
COMMAND_KEYS = ("type", "media_type", "file_uid", "created_at")


class CommandType(StrEnum):
    """What to do."""

    CANCEL = "cancel"
    """End it where it is. Does nothing to one that has ended."""
    DELETE = "delete"
    """Remove its files and its document, after cancelling it if need be."""


class Command(BaseModel):
    """One command. The function that carries it out removes the document."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    type: Annotated[CommandType, FromText]
    media_type: Annotated[MediaType, FromText]
    file_uid: str
    created_at: AwareDatetime

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read a document's fields. Raises `RequestInvalid`."""
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            raise refusal(error, "command") from None

    def target(self, user_id: str) -> GenerationPath:
        """The generation that it is about: always one of the user's own."""
        return GenerationPath(user_id=user_id, media_type=self.media_type, file_uid=self.file_uid)
