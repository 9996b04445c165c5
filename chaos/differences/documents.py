"""Documents as pages, functions and workers leave them, and such as nobody should."""

from typing import Any

from chaos.differences.drawing import IMAGE, START, Drawing
from contracts.paths import GenerationPath

Fields = dict[str, Any]
FAILED = {"code": "worker_lost", "stage": "generating", "retryable": True, "message": "It was lost."}
DISPATCHED: Fields = {
    "stage": "dispatched",
    "attempt": 1,
    "failures": 0,
    "seed": 81723,
    "dispatched_at": START,
    "lease_expires_at": START,
    "runpod_job_id": "job-0",
    "modified": START,
}
PROCESSING = DISPATCHED | {
    "status": "processing",
    "stage": "generating",
    "claim": "nonce",
    "started_at": START,
    "progress": {"sequence": 1, "fraction": 0.5, "step": 1, "steps": 2},
}
ATTEMPTS = [{"attempt": 1, "code": "worker_lost", "stage": "generating", "ended_at": START}] * 20
STATES: tuple[Fields, ...] = (
    {},
    DISPATCHED,
    PROCESSING,
    PROCESSING | {"attempt": 3, "failures": 2, "attempts": ATTEMPTS},
    {"status": "completed", "generated": True, "generation_data": IMAGE.model_dump(), "completed_at": START},
    {"status": "failed", "error": FAILED, "ended_at": START},
    {"status": "cancelled", "ended_at": START},
)
NONSENSE: tuple[Fields, ...] = (
    {"attempt": "many"},
    {"attempt": 1.0},
    {"status": "exploded"},
    {"status": None},
    {"status": 5},
    {"created_at": "yesterday"},
    {"created_at": None},
    {"request_data": "a red circle"},
    {"lease_expires_at": 12},
    {"progress": {"fraction": float("nan")}},
    {"schema_version": 2},
    {"attempts": [{"attempt": 1}], "extra": {"deep": [1, 2.5, True, None, b"bytes", {"er": "über"}]}},
)
COMMANDS: tuple[Fields, ...] = (
    {},
    {"type": "delete", "media_type": "videos"},
    {"type": "explode"},
    {"created_at": "now"},
    {"created_at": None, "user_id": "b"},
    {"file_uid": 5},
)


def a_document(drawing: Drawing, path: GenerationPath) -> Fields:
    """In any state; one of five has nonsense in it, or a field too few."""
    random = drawing.random
    fields = {
        "status": "queued",
        "created_at": drawing.creation(),
        "user_id": path.user_id,
        "file_uid": path.file_uid,
        "request_data": {"prompt": "a red circle", "strength": 1.0, "seed": 2**53 - 1},
    } | random.choice(STATES)
    if "lease_expires_at" in fields:
        fields["lease_expires_at"] = drawing.lease()
    if random.random() < 0.15:
        fields |= random.choice(NONSENSE)
    if random.random() < 0.1:
        del fields[random.choice(sorted(fields))]
    return fields


def a_command(drawing: Drawing) -> Fields:
    """Every second one can be carried out."""
    plain = {"type": "cancel", "media_type": "images", "file_uid": "f", "created_at": drawing.creation()}
    return plain | drawing.random.choice(COMMANDS)
