"""A command has been created: cancel or delete a generation, then remove the command."""

import logging
from datetime import datetime

from adapters.announcing import announce
from contracts import transitions
from contracts.command import CommandType
from contracts.errors import RequestInvalid
from contracts.generation import Generation, is_newer
from contracts.paths import GenerationPath
from contracts.ports import Applied
from contracts.stored_object import belongs_to, of_later_jobs
from triggers.wiring import Outside

log = logging.getLogger(__name__)


def carry_out(user_id: str, command_id: str, outside: Outside) -> None:
    """Do what the command says. A second call finds the command gone, or its work done."""
    command = outside.commands.read(user_id, command_id)
    if command is None:
        return
    try:
        if isinstance(command, RequestInvalid):
            raise command
        target = command.target(user_id)
        target.check()
        cancel(target, outside, asked_at=command.created_at)
        if command.type is CommandType.DELETE:
            delete(target, outside, asked_at=command.created_at)
        log.info("command_carried_out", extra={"generation": target.document, "type": command.type})
    except RequestInvalid as invalid:
        log.warning("command_invalid", extra={"user_id": user_id, "field": invalid.field})
    outside.commands.remove(user_id, command_id)


def cancel(path: GenerationPath, outside: Outside, *, asked_at: datetime | None = None) -> None:
    """End it wherever it is. The worker learns of it at its next heartbeat, RunPod at once.

    A command can be carried out twice, or late: what was created after it under the same id is not meant.
    """
    ended = outside.generations.apply(
        path, lambda found: transitions.cancel(found, now=outside.now(), asked_at=asked_at)
    )
    if not isinstance(ended, Applied):
        return
    runpod_job_id = ended.fields.get("runpod_job_id")
    if isinstance(runpod_job_id, str):
        outside.runpod.cancel(runpod_job_id)
    announce(path, ended.fields, outside.endings)


def delete(path: GenerationPath, outside: Outside, *, asked_at: datetime) -> None:
    """Remove the objects, then the document: one that is left behind can be deleted again.

    A worker that is still uploading finds the document gone or cancelled, and removes what it stored.
    """
    found = outside.generations.read(path)
    objects = outside.objects.find(path)
    created_anew = of_later_jobs(path, asked_at, objects)
    for stored in objects:
        if belongs_to(path, stored) and stored not in created_anew:
            outside.objects.remove(stored)
    if found is not None and not is_newer(found, asked_at):
        outside.generations.delete(path, found.created_at if isinstance(found, Generation) else None)
