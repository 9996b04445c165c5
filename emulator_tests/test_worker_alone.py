"""What the worker does without Firebase, and with a Storage that takes nothing."""

import base64
import hashlib
import http.server
import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from emulator_tests.documents import creation
from emulator_tests.worker_alone import WorkerAlone, worker_alone
from local.emulator_environment import client_environment
from local.firebase_user import BUCKET, FirebaseUser
from local.service_account import emulator_service_account

PROMPT = "a canary that no log may hold"


@pytest.fixture(scope="module")
def without_firebase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerAlone]:
    with worker_alone(tmp_path_factory.mktemp("direct"), {}) as worker:
        yield worker


class _Refuse(http.server.BaseHTTPRequestHandler):
    """A Storage that lets nobody do anything."""

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = _refuse  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - http.server's signature
        pass


@pytest.fixture
def refusing_storage() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_image_comes_back_in_the_result(without_firebase: WorkerAlone) -> None:
    status = without_firebase.run(
        {"use_cloud_storage": False, "prompt": PROMPT, "num_inference_steps": 2, "seed": 3}
    )

    output = status["output"]
    assert (output["outcome"], output["seed"], output["model"]) == ("completed", 3, "safelight-image")
    content = base64.b64decode(output["files"][0]["base64"])
    assert hashlib.sha256(content).hexdigest() == output["files"][0]["sha256"]
    assert Image.open(io.BytesIO(content)).size == (64, 64)
    assert PROMPT not in without_firebase.log


def test_a_video_comes_back_in_the_result(without_firebase: WorkerAlone) -> None:
    job = {"use_cloud_storage": False, "media_type": "videos", "prompt": PROMPT, "num_inference_steps": 1}

    output = without_firebase.run(job)["output"]

    assert [file["content_type"] for file in output["files"]] == ["video/mp4", "image/jpeg", "image/webp"]
    assert b"ftyp" in base64.b64decode(output["files"][0]["base64"])[:16]


def test_a_bad_request_comes_back_with_its_sentence(without_firebase: WorkerAlone) -> None:
    output = without_firebase.run({"use_cloud_storage": False, "prompt": PROMPT, "width": 130})["output"]

    assert output["outcome"] == "failed"
    assert (output["failure"]["field"], output["failure"]["message"]) == (
        "width",
        "width must be a multiple of 16",
    )


def test_a_job_with_a_document_is_refused_without_firebase(without_firebase: WorkerAlone) -> None:
    job = {
        "user_id": "u",
        "file_uid": "f",
        "media_type": "images",
        "created_at": "2026-01-01T00:00:00Z",
        "attempt": 1,
    }

    status = without_firebase.run({**job, "use_cloud_storage": True, "seed": 1, "prompt": PROMPT})

    assert status["status"] == "FAILED"
    assert "no Firebase variables" in status["error"]


@pytest.mark.usefixtures("safelight")
def test_a_storage_that_refuses_leads_to_base64_in_the_result(tmp_path: Path, refusing_storage: str) -> None:
    owner, user = FirebaseUser.owner(), FirebaseUser.sign_up()
    path = f"generations/{user.uid}/images/refused"
    created_at = datetime.now(UTC)
    dispatched = {"created_at": created_at, "attempt": 1, "failures": 0, "seed": 5, "dispatched_at": created_at,
                  "stage": "dispatched", "lease_expires_at": created_at + timedelta(minutes=5)}  # fmt: skip
    assert owner.create(path, creation(user, "refused", {"prompt": PROMPT}) | dispatched).ok
    settings = client_environment() | {
        "STORAGE_EMULATOR_HOST": refusing_storage,
        "FIREBASE_SERVICE_ACCOUNT_KEY": emulator_service_account(),
        "FIREBASE_STORAGE_BUCKET": BUCKET,
    }

    with worker_alone(tmp_path, settings) as worker:
        status = worker.run(
            {
                "user_id": user.uid,
                "file_uid": "refused",
                "media_type": "images",
                "created_at": created_at.isoformat(),
                "attempt": 1,
                "use_cloud_storage": True,
                "seed": 5,
                "prompt": PROMPT,
                "num_inference_steps": 2,
            }
        )

    output = status["output"]
    assert output["outcome"] == "returned", worker.log
    file = output["files"][0]
    assert file["object_path"] == f"generating/{user.uid}/image/refused.png"
    assert hashlib.sha256(base64.b64decode(file["base64"])).hexdigest() == file["sha256"]
    document = owner.read(path)
    assert document is not None
    assert document["status"] == "processing"
    assert document["lease_expires_at"] > created_at
    assert "image_urls" not in str(document)
    assert PROMPT not in worker.log
    assert "PRIVATE KEY" not in worker.log
