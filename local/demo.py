"""`python -m local.demo` (make demo): one image and one video, from the document to the file.

It does what a page does: it signs a user in, writes documents through the security rules, and follows them.
"""

import json
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from contracts.generation import Generation
from local.errors import LocalError
from local.firebase_user import FirebaseUser
from local.firestore_json import SERVER_TIMESTAMP
from local.interrupts import raise_when_told_to_stop, wait_until_interrupted
from local.layout import ROOT, shown
from local.ports import address
from local.progress_bar import Progress, ProgressBar
from local.services import Services, emulators_must_answer

OUT = ROOT / "out"
REQUESTS: dict[str, dict[str, Any]] = {
    # More steps than needed, so that there is some progress to be seen.
    "images": {"prompt": "sunset over the sea", "num_inference_steps": 60},
    "videos": {"prompt": "a yellow ball moving to the right on a blue background", "num_inference_steps": 60},
}
ENDINGS = {"completed", "failed", "cancelled"}
POLL_SECONDS = 0.25
PATIENCE_SECONDS = 300.0


def request(user: FirebaseUser, media_type: str) -> str:
    """Create a document as a page would. Its path."""
    file_uid = uuid.uuid4().hex
    path = f"generations/{user.uid}/{media_type}/{file_uid}"
    fields = {
        "status": "queued",
        "created_at": SERVER_TIMESTAMP,
        "user_id": user.uid,
        "file_uid": file_uid,
        "schema_version": 1,
        "request_data": REQUESTS[media_type],
    }
    user.create(path, fields).raise_for_status()
    return path


def follow(user: FirebaseUser, path: str, title: str, services: Services) -> dict[str, Any]:
    """Show how far it is until it has ended. The final document."""
    bar = ProgressBar(title)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        services.require_running()
        document = user.read(path) or {}
        if document.get("status") in ENDINGS:
            (bar.finish if document["status"] == "completed" else bar.fail)()
            return document
        if time.monotonic() > deadline:
            bar.fail()
            message = f"{path} has not ended in {PATIENCE_SECONDS:.0f} s."
            raise LocalError(message)
        stage = document.get("stage", "waiting")
        bar.show(Progress(document.get("progress", {}).get("fraction"), stage))
        time.sleep(POLL_SECONDS)


def save(document: dict[str, Any], folder: Path = OUT) -> list[Path]:
    """Download every file of a completed document by its URLs, as a browser would."""
    data = document["generation_data"]
    urls = data.get("image_urls") or [data["video_url"], data["poster_url"], data["thumbnail_url"]]
    folder.mkdir(exist_ok=True)
    saved = []
    for name, url in zip(data["object_paths"], urls, strict=True):
        kind, _, file_name = name.rpartition("/")
        path = folder / f"{kind.rpartition('/')[2]}-{file_name}"
        answer = requests.get(url, timeout=30)
        answer.raise_for_status()
        path.write_bytes(answer.content)
        saved.append(path)
    return saved


def run(services: Services) -> bool:
    """Both jobs. Whether both were completed."""
    user = FirebaseUser.sign_up()
    paths = {media_type: request(user, media_type) for media_type in REQUESTS}
    documents = {
        media_type: follow(
            user, path, f"{media_type[:-1].capitalize()}: {REQUESTS[media_type]['prompt']}", services
        )
        for media_type, path in paths.items()
    }
    for media_type, document in documents.items():
        told = _in_order(document, Generation.from_fields(document).to_fields())
        print(f"\n{paths[media_type]}\n{json.dumps(told, indent=2, default=_moment)}")
    completed = [document for document in documents.values() if document["status"] == "completed"]
    print()
    for path in (path for document in completed for path in save(document)):
        print(f"saved {shown(path)}")
    return len(completed) == len(documents)


def _in_order(fields: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """Firestore keeps no order of fields; the contract has one that tells the story."""
    names = [*like, *sorted(fields.keys() - like.keys())]
    return {
        name: _in_order(fields[name], like.get(name, {})) if isinstance(fields[name], dict) else fields[name]
        for name in names
    }


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError


def main() -> int:
    """Start everything, make both, and leave the page open where somebody is looking."""
    raise_when_told_to_stop()
    good = False
    try:
        with Services() as services:
            with emulators_must_answer():
                good = run(services)
            if good and sys.stdout.isatty():
                print(f"\nYour turn: open http://{address('hosting')}. Stop with Ctrl-C.", flush=True)
                wait_until_interrupted(services.require_running)
    except KeyboardInterrupt:
        print("\nStopped.")
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
