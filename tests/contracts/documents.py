"""The example documents of the contract, one for each state, and the pieces they are made of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.paths import GenerationPath, MediaType

CREATED_AT = datetime(2026, 8, 1, 12, 0, 0, 123456, tzinfo=UTC)
DISPATCHED_AT = CREATED_AT + timedelta(seconds=1)
STARTED_AT = CREATED_AT + timedelta(seconds=2)
BEAT_AT = CREATED_AT + timedelta(seconds=3)
ENDED_AT = CREATED_AT + timedelta(seconds=4)
LEASE = timedelta(seconds=60)

IMAGE_PATH = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1")
VIDEO_PATH = GenerationPath(user_id="u1", media_type=MediaType.VIDEOS, file_uid="f1")

ALL_IMAGE_KEYS: dict[str, Any] = {
    "prompt": "a red circle",
    "negative_prompt": "blur",
    "model": "safelight-image",
    "width": 64,
    "height": 64,
    "num_inference_steps": 12,
    "guidance_scale": 3.5,
    "seed": 0,
    "num_images": 2,
    "strength": 0.5,
    "input_image": "uploads/u1/a.png",
    "mask_image": "uploads/u1/b.png",
    "lora": "Watercolour-1.0",
    "lora_scale": 1,
    "output_format": "webp",
}
ALL_VIDEO_KEYS = ALL_IMAGE_KEYS | {
    "output_format": "mp4",
    "num_frames": 17,
    "fps": 8,
    "last_image": "uploads/u1/c.png",
}

QUEUED: dict[str, Any] = {
    "status": "queued",
    "created_at": CREATED_AT,
    "user_id": "u1",
    "file_uid": "f1",
    "schema_version": 1,
    "request_data": {
        "prompt": "a red circle on a blue background",
        "model": "safelight-image",
        "num_images": 1,
    },
}
DISPATCHED = QUEUED | {
    "stage": "dispatched",
    "attempt": 1,
    "failures": 0,
    "seed": 81723,
    "dispatched_at": DISPATCHED_AT,
    "lease_expires_at": DISPATCHED_AT + LEASE,
    "runpod_job_id": "ab-u1",
    "modified": DISPATCHED_AT,
}
PROGRESS = {
    "sequence": 7,
    "fraction": 0.42,
    "step": 5,
    "steps": 12,
    "eta_seconds": 3.1,
    "preview": "data:image/jpeg;base64,AAAA",
}
PROCESSING = DISPATCHED | {
    "status": "processing",
    "stage": "generating",
    "claim": "nonce-1",
    "started_at": STARTED_AT,
    "lease_expires_at": BEAT_AT + LEASE,
    "modified": BEAT_AT,
    "progress": PROGRESS,
}
OF_WORK = {"claim", "lease_expires_at", "stage", "progress"}
_WORKED_ON = {key: value for key, value in PROCESSING.items() if key not in OF_WORK}
_TIMINGS = {"queued": 0.8, "loading": 0.0, "generating": 1.2, "encoding": 0.05, "uploading": 0.2}
_MADE = {
    "width": 128,
    "height": 128,
    "seed": 81723,
    "model": "safelight-image",
    "revision": "1",
    "timings_seconds": _TIMINGS,
}
IMAGE_DATA: dict[str, Any] = _MADE | {
    "image_urls": ["http://storage/f1.png?token=1"],
    "object_paths": ["generating/u1/image/f1.png"],
    "content_type": "image/png",
    "sha256": ["0a"],
    "bytes": [12345],
}
VIDEO_DATA: dict[str, Any] = _MADE | {
    "video_url": "http://storage/f1.mp4?token=1",
    "poster_url": "http://storage/f1.jpg?token=2",
    "thumbnail_url": "http://storage/f1.webp?token=3",
    "object_paths": ["generating/u1/video/f1.mp4", "generating/u1/video/f1.jpg", "generating/u1/video/f1.webp"],
    "content_type": "video/mp4",
    "sha256": ["0a", "0b", "0c"],
    "bytes": [12345, 678, 90],
    "model": "safelight-video",
    "fps": 8,
    "num_frames": 17,
    "duration_seconds": 2.125,
}
_COMPLETED = _WORKED_ON | {
    "status": "completed",
    "completed_at": ENDED_AT,
    "generated": True,
    "modified": ENDED_AT,
}
COMPLETED_IMAGE = _COMPLETED | {"generation_data": IMAGE_DATA}
COMPLETED_VIDEO = _COMPLETED | {"generation_data": VIDEO_DATA}
DATA_BEFORE_THUMBNAILS = {key: value for key, value in VIDEO_DATA.items() if key != "thumbnail_url"} | {
    "object_paths": VIDEO_DATA["object_paths"][:2],
    "sha256": ["0a", "0b"],
    "bytes": [12345, 678],
}
ERROR = {
    "code": "invalid_request",
    "stage": "validating",
    "retryable": False,
    "message": "width must be a multiple of 8",
    "field": "width",
}
FAILED = _WORKED_ON | {"status": "failed", "ended_at": ENDED_AT, "modified": ENDED_AT, "error": ERROR}
REJECTED = QUEUED | {"status": "failed", "ended_at": ENDED_AT, "modified": ENDED_AT, "error": ERROR}
CANCELLED = _WORKED_ON | {"status": "cancelled", "ended_at": ENDED_AT, "modified": ENDED_AT}
CANCELLED_WHILE_QUEUED = QUEUED | {"status": "cancelled", "ended_at": ENDED_AT, "modified": ENDED_AT}
DISPATCHED_AGAIN = DISPATCHED | {
    "attempt": 2,
    "failures": 1,
    "attempts": [{"attempt": 1, "code": "worker_lost", "stage": "generating", "ended_at": BEAT_AT}],
}

LOST = {
    "code": "worker_lost",
    "stage": "generating",
    "retryable": True,
    "message": "The machine that was making this was lost. Try again later.",
}
WAITING = {
    key: value for key, value in PROCESSING.items() if key not in {"claim", "progress", "runpod_job_id"}
} | {
    "status": "queued",
    "stage": "waiting",
    "attempt": 2,
    "failures": 1,
    "lease_expires_at": BEAT_AT + LEASE,
    "modified": BEAT_AT,
    "attempts": DISPATCHED_AGAIN["attempts"],
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "queued": QUEUED,
    "queued without a schema version": {key: value for key, value in QUEUED.items() if key != "schema_version"},
    "dispatched": DISPATCHED,
    "dispatched again": DISPATCHED_AGAIN,
    "waiting to be dispatched again": WAITING,
    "processing": PROCESSING,
    "completed image": COMPLETED_IMAGE,
    "completed video": COMPLETED_VIDEO,
    "completed video, before there were thumbnails": _COMPLETED | {"generation_data": DATA_BEFORE_THUMBNAILS},
    "failed": FAILED,
    "failed before it was dispatched": REJECTED,
    "cancelled": CANCELLED,
    "cancelled while queued": CANCELLED_WHILE_QUEUED,
    "repeating another": QUEUED | {"retry_of": "generations/u1/images/f0"},
}
