"""A document has been created below `generations/{user_id}`: whose it is to do something."""

from contracts.command import COMMANDS
from contracts.paths import GenerationPath, MediaType
from triggers.commands import carry_out
from triggers.dispatch import dispatch
from triggers.wiring import Outside


def created(document: str, outside: Outside) -> None:
    """Dispatch a generation, carry out a command. Other collections are not ours and are left alone."""
    _, user_id, collection, document_id = document.split("/")
    if collection in set(MediaType):
        dispatch(GenerationPath(user_id=user_id, media_type=MediaType(collection), file_uid=document_id), outside)
    elif collection == COMMANDS:
        carry_out(user_id, document_id, outside)
