"""One document becomes one picture: everything real, seen from outside."""

import hashlib
import io
from typing import Any

import av
import numpy as np
import pytest
import requests
from PIL import Image

from emulator_tests.documents import request, wait_for, wait_for_end
from local.firebase_user import FirebaseUser

pytestmark = pytest.mark.usefixtures("safelight")

COMPLETED = {
    "status", "created_at", "user_id", "file_uid", "schema_version", "request_data", "attempt", "failures", "seed",
    "dispatched_at", "runpod_job_id", "started_at", "modified", "completed_at", "generated", "generation_data",
}  # fmt: skip
OF_BOTH = {
    "object_paths", "content_type", "width", "height", "seed", "model", "revision", "sha256", "bytes",
    "timings_seconds",
}  # fmt: skip


def test_an_image_request_becomes_a_picture() -> None:
    user = FirebaseUser.sign_up()

    path = request(user, "images", prompt="a red circle on a blue background", seed=7)
    document = wait_for_end(user, path)

    assert set(document) == COMPLETED, document.get("error")
    assert document["status"] == "completed"
    assert document["generated"] is True
    assert document["seed"] == 7
    assert document["attempt"] == 1
    data = document["generation_data"]
    assert set(data) == OF_BOTH | {"image_urls"}
    assert set(data["timings_seconds"]) == {"queued", "loading", "generating", "encoding", "uploading"}
    assert data["object_paths"] == [f"generating/{user.uid}/image/{document['file_uid']}.png"]
    content = _download_all(data, data["image_urls"])[0]
    assert Image.open(io.BytesIO(content)).size == (data["width"], data["height"]) == (64, 64)


def test_a_video_request_becomes_a_video_with_a_poster_and_a_thumbnail() -> None:
    user = FirebaseUser.sign_up()

    document = wait_for_end(
        user, request(user, "videos", prompt="a ball moving to the right", num_inference_steps=2)
    )

    assert set(document) == COMPLETED, document.get("error")
    data = document["generation_data"]
    assert set(data) == OF_BOTH | {
        "video_url", "poster_url", "thumbnail_url", "fps", "num_frames", "duration_seconds",
    }  # fmt: skip
    video, poster, thumbnail = _download_all(data, [data["video_url"], data["poster_url"], data["thumbnail_url"]])
    with av.open(io.BytesIO(video), "r") as container:
        frames = list(container.decode(video=0))
    assert len(frames) == data["num_frames"] == 17
    assert (frames[0].width, frames[0].height) == (data["width"], data["height"])
    assert Image.open(io.BytesIO(poster)).format == "JPEG"
    assert Image.open(io.BytesIO(thumbnail)).format == "WEBP"


def test_several_images_are_numbered_and_differ() -> None:
    user = FirebaseUser.sign_up()

    document = wait_for_end(user, request(user, "images", prompt="", num_images=3, num_inference_steps=2, seed=1))

    data = document["generation_data"]
    stem = f"generating/{user.uid}/image/{document['file_uid']}"
    assert data["object_paths"] == [f"{stem}_0.png", f"{stem}_1.png", f"{stem}_2.png"]
    assert len(set(data["sha256"])) == 3
    _download_all(data, data["image_urls"])


def test_the_same_seed_gives_the_same_picture() -> None:
    user = FirebaseUser.sign_up()

    one, other = (
        wait_for_end(user, request(user, "images", prompt="a tree", seed=11, num_inference_steps=3))
        for _ in range(2)
    )

    assert one["generation_data"]["sha256"] == other["generation_data"]["sha256"]


def test_an_upload_becomes_another_picture() -> None:
    user = FirebaseUser.sign_up()
    name = f"uploads/{user.uid}/start.png"
    buffer = io.BytesIO()
    Image.new("RGB", (96, 96), (250, 220, 40)).save(buffer, "PNG")
    assert user.upload(name, buffer.getvalue(), "image/png").ok

    asked = {"prompt": "a plain yellow background", "input_image": name, "strength": 0.2, "seed": 3}
    document = wait_for_end(user, request(user, "images", **asked))

    assert document["status"] == "completed", document.get("error")
    content = _download_all(document["generation_data"], document["generation_data"]["image_urls"])[0]
    red, green, blue = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).mean(axis=(0, 1))
    assert min(red, green) > 150
    assert blue < 120


def test_anothers_upload_is_not_looked_at() -> None:
    owner, thief = FirebaseUser.sign_up(), FirebaseUser.sign_up()
    name = f"uploads/{owner.uid}/mine.png"
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    assert owner.upload(name, buffer.getvalue(), "image/png").ok

    with pytest.raises(AssertionError, match="403"):
        request(thief, "images", prompt="x", input_image=name)


def test_progress_is_written_while_it_generates() -> None:
    user = FirebaseUser.sign_up()
    path = request(user, "images", prompt="slowly", num_inference_steps=200)

    seen = wait_for(
        user, path, lambda found: found is not None and found.get("progress", {}).get("sequence", 0) > 1
    )

    assert seen is not None
    assert seen["status"] == "processing"
    assert seen["stage"] == "generating"
    assert {"claim", "lease_expires_at", "started_at"} <= set(seen)
    assert 0 < seen["progress"]["fraction"] < 1
    assert seen["progress"]["steps"] == 200
    assert "progress" not in wait_for_end(user, path)


def test_only_the_owner_reads_the_document_and_the_object() -> None:
    owner, stranger = FirebaseUser.sign_up(), FirebaseUser.sign_up()
    nobody = FirebaseUser(uid="", token=None)
    path = request(owner, "images", prompt="mine", num_inference_steps=1)
    name = wait_for_end(owner, path)["generation_data"]["object_paths"][0]

    assert owner.download(name).status_code == 200
    assert [who.download(name).status_code for who in (stranger, nobody)] == [403, 403]
    assert [who.get(path).status_code for who in (stranger, nobody)] == [403, 403]


def _download_all(data: dict[str, Any], urls: list[str]) -> list[bytes]:
    contents = [requests.get(url, timeout=30).content for url in urls]
    assert [hashlib.sha256(content).hexdigest() for content in contents] == data["sha256"]
    assert [len(content) for content in contents] == data["bytes"]
    return contents
