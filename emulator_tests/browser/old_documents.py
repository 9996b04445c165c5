"""Generations that ended long ago, as the server left them."""

from datetime import datetime, timedelta
from typing import Any

import requests

from local.firebase_user import DOCUMENTS, FIRESTORE, OWNER_TOKEN, TIMEOUT_SECONDS
from local.firestore_json import encode

ONE_PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def write_old_documents(user_id: str, media_type: str, *, count: int, newest: datetime, minutes: int = 1) -> None:
    """Write `count` completed generations, `old-000` the newest, each some minutes older than the one before."""
    writes = [
        _write(user_id, media_type, f"old-{index:03}", newest - timedelta(minutes=minutes * index))
        for index in range(count)
    ]
    answer = requests.post(
        f"{FIRESTORE}/v1/{DOCUMENTS}:commit",
        json={"writes": writes},
        headers={"Authorization": f"Bearer {OWNER_TOKEN}"},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()


def _write(user_id: str, media_type: str, file_uid: str, created_at: datetime) -> dict[str, Any]:
    document = {
        "status": "completed",
        "created_at": created_at,
        "user_id": user_id,
        "file_uid": file_uid,
        "schema_version": 1,
        "request_data": {"prompt": f"{file_uid} of long ago"},
        "attempt": 1,
        "failures": 0,
        "seed": 7,
        "completed_at": created_at,
        "generated": True,
        "generation_data": {
            "image_urls": [ONE_PIXEL],
            "object_paths": [f"generating/{user_id}/image/{file_uid}.png"],
            "content_type": "image/png",
            "width": 64,
            "height": 64,
            "seed": 7,
            "model": "safelight-image",
            "revision": "1",
            "sha256": ["0" * 64],
            "bytes": [70],
            "timings_seconds": {
                "queued": 0.0,
                "loading": 0.0,
                "generating": 1.0,
                "encoding": 0.0,
                "uploading": 0.0,
            },
        },
    }
    return {
        "update": {
            "name": f"{DOCUMENTS}/generations/{user_id}/{media_type}/{file_uid}",
            "fields": {key: encode(value) for key, value in document.items()},
        }
    }
