"""Cancel and delete, asked for by documents."""

import pytest

from emulator_tests.documents import command, request, wait_for, wait_for_end, wait_for_status
from local.firebase_user import FirebaseUser
from local.services import runpod_health

pytestmark = pytest.mark.usefixtures("safelight")

CANCELLED = {
    "status", "created_at", "user_id", "file_uid", "schema_version", "request_data", "attempt", "failures", "seed",
    "dispatched_at", "runpod_job_id", "modified", "ended_at",
}  # fmt: skip


def test_a_running_job_is_cancelled_and_the_worker_is_free_again() -> None:
    user = FirebaseUser.sign_up()
    path = request(user, "videos", prompt="long", num_inference_steps=200, num_frames=33, width=128, height=128)
    wait_for_status(user, path, "processing")

    asked = command(user, "cancel", path)
    document = wait_for_end(user, path)

    assert document["status"] == "cancelled"
    assert set(document) == CANCELLED | {"started_at"}
    wait_for(user, asked, lambda found: found is None)
    after = wait_for_end(user, request(user, "images", prompt="next", num_inference_steps=1))
    assert after["status"] == "completed"
    assert user.read(path) == document
    assert user.download(f"generating/{user.uid}/video/{document['file_uid']}.mp4").status_code == 404


def test_a_queued_job_is_cancelled_before_it_costs_anything() -> None:
    user = FirebaseUser.sign_up()
    busy = request(user, "videos", prompt="long", num_inference_steps=200, num_frames=33, width=128, height=128)
    wait_for_status(user, busy, "processing")
    waiting = request(user, "images", prompt="waits behind it")
    wait_for(user, waiting, lambda found: found is not None and "runpod_job_id" in found)

    command(user, "cancel", waiting)
    document = wait_for_end(user, waiting)

    assert set(document) == CANCELLED
    health = runpod_health()
    assert health is not None
    assert health["jobs"]["inQueue"] == 0
    command(user, "cancel", busy)
    assert wait_for_end(user, busy)["status"] == "cancelled"


def test_delete_removes_the_files_and_the_document() -> None:
    user = FirebaseUser.sign_up()
    path = request(user, "images", prompt="soon gone", num_images=2, num_inference_steps=1)
    names = wait_for_end(user, path)["generation_data"]["object_paths"]

    asked = command(user, "delete", path)

    wait_for(user, path, lambda found: found is None)
    wait_for(user, asked, lambda found: found is None)
    assert [user.download(name).status_code for name in names] == [404, 404]


def test_delete_of_a_running_job_leaves_nothing() -> None:
    user = FirebaseUser.sign_up()
    path = request(user, "images", prompt="long", num_inference_steps=200)
    wait_for_status(user, path, "processing")

    command(user, "delete", path)

    wait_for(user, path, lambda found: found is None)
    after = wait_for_end(user, request(user, "images", prompt="next", num_inference_steps=1))
    assert after["status"] == "completed"
    assert user.read(path) is None
    assert user.download(f"generating/{user.uid}/image/{path.split('/')[-1]}.png").status_code == 404


def test_an_ended_generation_stays_as_it_is() -> None:
    user = FirebaseUser.sign_up()
    path = request(user, "images", prompt="done", num_inference_steps=1)
    document = wait_for_end(user, path)

    asked = command(user, "cancel", path)

    wait_for(user, asked, lambda found: found is None)
    assert user.read(path) == document
