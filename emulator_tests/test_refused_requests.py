"""Requests that rules cannot judge, and documents that no page could write, end with a sentence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from emulator_tests.documents import creation, request, wait_for_end
from local.firebase_user import FirebaseUser

pytestmark = pytest.mark.usefixtures("safelight")

FAILED = {
    "status", "created_at", "user_id", "file_uid", "schema_version", "request_data",
    "ended_at", "modified", "error",
}  # fmt: skip


@pytest.mark.parametrize(
    ("media_type", "asked", "field"),
    [
        pytest.param("images", {"model": "no-such-model"}, "model", id="a model that is not in the catalogue"),
        pytest.param("images", {"model": "safelight-video"}, "model", id="a video model for an image"),
        pytest.param("images", {"width": 130}, "width", id="a width off the grid"),
        pytest.param("images", {"height": 1024}, "height", id="a height that the model cannot make"),
        pytest.param("images", {"lora": "ink"}, "lora", id="a key that does not apply to the model"),
        pytest.param("images", {"strength": 0.5}, "strength", id="a strength, and nothing to start from"),
        pytest.param(
            "videos", {"num_frames": 33, "width": 128, "height": 128, "fps": 31}, "fps", id="fps too high"
        ),
        pytest.param("videos", {"num_frames": 16}, "num_frames", id="frames that the VAE cannot pack"),
    ],
)
def test_what_the_model_cannot_do_fails_naming_the_field(
    media_type: str, asked: dict[str, Any], field: str
) -> None:
    user = FirebaseUser.sign_up()

    document = wait_for_end(user, request(user, media_type, prompt="x", **asked))

    assert set(document) == FAILED
    error = document["error"]
    assert (error["code"], error["stage"], error["retryable"]) == ("invalid_request", "validating", False)
    assert error["field"] == field
    assert error["message"].startswith(field)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"request_data": {"prompt": "x", "width": "512"}}, "width", id="a width that is a text"),
        pytest.param({"request_data": {"prompt": "x", "seed": 1.5}}, "seed", id="a seed that is no whole number"),
        pytest.param({"request_data": "a cat"}, "request_data", id="request_data that is a text"),
        pytest.param({"created_at": "now"}, "created_at", id="a time that is a text"),
        pytest.param({"status": 5}, "status", id="a status that is a number"),
        pytest.param({"user_id": "somebody-else"}, "user_id", id="the name of another user"),
        pytest.param({"file_uid": "another"}, "file_uid", id="another id than its path's"),
    ],
)
def test_a_malformed_document_fails_naming_the_field(changed: dict[str, Any], field: str) -> None:
    owner = FirebaseUser.owner()
    user = FirebaseUser.sign_up()
    path = f"generations/{user.uid}/images/malformed"
    fields = creation(user, "malformed", {"prompt": "x"}) | {"created_at": datetime.now(UTC)} | changed

    assert owner.create(path, fields).ok

    error = wait_for_end(owner, path)["error"]
    assert error["field"] == field
    assert error["message"].startswith(field)


@pytest.mark.parametrize(
    "file_uid",
    [
        pytest.param("a..b", id="two dots"),
        pytest.param("übung", id="unicode"),
        pytest.param("x" * 1400, id="1,400 bytes"),
        pytest.param("a b", id="a space"),
    ],
)
def test_an_id_that_the_contract_forbids_fails_with_a_sentence(file_uid: str) -> None:
    owner, user = FirebaseUser.owner(), FirebaseUser.sign_up()
    path = f"generations/{user.uid}/images/{file_uid}"

    assert user.create(path, creation(user, file_uid, {"prompt": "x"})).status_code == 403
    assert owner.create(path, creation(user, file_uid, {"prompt": "x"})).ok

    error = wait_for_end(owner, path)["error"]
    assert error["field"] == "file_uid"
    assert error["code"] == "invalid_request"


def test_documents_that_are_not_ours_are_left_alone() -> None:
    owner, user = FirebaseUser.owner(), FirebaseUser.sign_up()
    ours = creation(user, "x", {"prompt": "x"})
    assert owner.create(f"generations/{user.uid}/audios/x", ours).ok

    wait_for_end(user, request(user, "images", prompt="afterwards", num_inference_steps=1))

    found = owner.read(f"generations/{user.uid}/audios/x")
    assert found is not None
    assert found["status"] == "queued"
