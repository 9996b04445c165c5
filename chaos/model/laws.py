"""What must hold at every moment, said without the guards: of the change that was made, and of what there is."""

from typing import Any

from chaos.model.actors import Actor, claim_of
from chaos.model.calls import Thing
from chaos.model.documents import CREATED
from chaos.model.state import State
from chaos.violation import law

ENDED = {"completed", "failed", "cancelled"}


def check_change(actor: Actor, before: dict[str, Any], after: dict[str, Any], state: State) -> None:
    """Of a document that this actor has just written."""
    law(before["status"] not in ENDED, f"{actor} changed a document that is {before['status']}")
    law(before["created_at"] == after["created_at"], "created_at changed")
    law(before.get("attempt", 0) <= after.get("attempt", 0), "attempt went back")
    law(before.get("failures", 0) <= after.get("failures", 0), "failures went back")
    if after["status"] in ENDED:
        law(not {"claim", "lease_expires_at"} & after.keys(), "an ended document still has a claim or a lease")
    else:
        law("lease_expires_at" in after, f"{actor} left an open document without a lease")
    if after["status"] == "queued":
        law("claim" not in after, "a queued document has a claim")
        law(before["status"] == "queued" or after["attempt"] > before["attempt"], "the fence was not raised")
    if actor.kind == "worker":
        _check_worker(actor, before, after)
    if after["status"] == "cancelled":
        epoch = CREATED.index(after["created_at"])
        law({f"cancel-{epoch}", f"delete-{epoch}"} & state.ordered != set(), "cancelled, and nobody had asked")


def _check_worker(actor: Actor, before: dict[str, Any], after: dict[str, Any]) -> None:
    """He claims what is queued for this very attempt, and writes to nothing but what he claimed."""
    job, delivery, epoch, attempt, _ = actor.about
    if before["status"] == "processing":
        law(before["claim"] == claim_of(job, delivery), f"{actor} wrote to what another worker holds")
        return
    mine = (CREATED[epoch], attempt) == (before["created_at"], before.get("attempt", 0))
    law(before["status"] == "queued" and mine, f"{actor} claimed what is not his")
    law(after["status"] == "processing", f"{actor} wrote without a claim")


def check_bucket(doc: dict[str, Any] | None, things: tuple[Thing, ...], ordered: frozenset[str]) -> None:
    """A completed document's files are there, in the versions that it was completed with, until it is deleted."""
    if doc is None or doc["status"] != "completed":
        return
    if f"delete-{CREATED.index(doc['created_at'])}" in ordered:
        return
    there = {f"{thing.name}?{thing.version}" for thing in things}
    law(set(doc["generation_data"]["image_urls"]) <= there, "a completed document's file is gone, or another's")


def check_put(replaced: Thing, epoch: int) -> None:
    """Of an object that is stored over another."""
    law(replaced.epoch <= epoch, "an older job's file was stored over a newer one's")


def check_delete(deleted: dict[str, Any], actor: Actor) -> None:
    """Of a document that is removed."""
    command_id = actor.about[0]
    epoch = CREATED.index(deleted["created_at"])
    law(command_id == f"delete-{epoch}", f"{actor} deleted the document that was created after it")


def orphans(doc: dict[str, Any] | None, things: tuple[Thing, ...]) -> list[str]:
    """Objects whose job is gone, failed, cancelled or another."""
    completed = doc is not None and doc["status"] == "completed"
    return [
        thing.name for thing in things if not (completed and doc and CREATED[thing.epoch] == doc["created_at"])
    ]
