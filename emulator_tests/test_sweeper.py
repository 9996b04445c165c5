"""The sweeper and the webhook on the real emulators: documents that have stopped moving, as somebody left them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from emulator_tests.documents import creation, wait_for, wait_for_end
from local.emulator_environment import PROJECT
from local.firebase_user import FirebaseUser
from local.ports import address
from local.schedules import REGION, call_scheduled

pytestmark = pytest.mark.usefixtures("safelight")

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
STOPPED: dict[str, Any] = {
    "stage": "dispatched",
    "attempt": 1,
    "failures": 0,
    "seed": 5,
    "dispatched_at": LONG_AGO,
    "modified": LONG_AGO,
    "lease_expires_at": LONG_AGO,
}
REQUEST = {"prompt": "a red circle", "num_inference_steps": 2}


def leave(user: FirebaseUser, **fields: object) -> str:
    """A document in the middle of its life, which no event moves. Its path."""
    file_uid = uuid.uuid4().hex
    path = f"generations/{user.uid}/images/{file_uid}"
    begun = creation(user, file_uid, REQUEST) | {"created_at": LONG_AGO} | STOPPED | fields
    answer = FirebaseUser.owner().create(path, begun)
    assert answer.ok, answer.text
    return path


def test_what_a_dying_function_left_is_made() -> None:
    user = FirebaseUser.sign_up()
    path = leave(user)

    call_scheduled("on_minute")

    document = wait_for_end(user, path)
    assert (document["status"], document["attempt"], document["failures"]) == ("completed", 2, 0)


def test_a_job_that_runpod_does_not_know_is_begun_again_when_its_time_comes() -> None:
    user = FirebaseUser.sign_up()
    path = leave(user, status="processing", stage="generating", claim="a dead worker's", runpod_job_id="gone-u1")

    call_scheduled("on_minute")

    waiting = user.read(path)
    assert waiting is not None
    assert (waiting["status"], waiting["attempt"], waiting["failures"]) == ("queued", 2, 1)
    assert [attempt["code"] for attempt in waiting["attempts"]] == ["worker_lost"]
    FirebaseUser.owner().update(path, {"lease_expires_at": LONG_AGO})  # that is: wait for it
    call_scheduled("on_minute")
    assert wait_for_end(user, path)["status"] == "completed"


def test_a_creation_whose_event_was_lost_is_found() -> None:
    """As its event would have come before it could be seen, the document is made to look untouched afterwards."""
    user = FirebaseUser.sign_up()
    path = leave(user)
    FirebaseUser.owner().update(path, {"created_at": LONG_AGO + timedelta(minutes=1)})
    untouched = {"attempt": 0, "lease_expires_at": datetime.now(UTC) + timedelta(days=1)}
    FirebaseUser.owner().update(path, untouched)
    FirebaseUser.owner().delete("sweeper/images")  # the mark: earlier tests have moved it further

    call_scheduled("on_minute")

    assert wait_for_end(user, path)["status"] == "completed"


def test_a_user_who_is_gone_waits_for_nothing() -> None:
    gone = FirebaseUser(uid=f"gone-{uuid.uuid4().hex}", token=None)
    path = leave(gone)

    call_scheduled("on_minute")

    assert wait_for_end(FirebaseUser.owner(), path)["status"] == "cancelled"


def test_a_command_whose_event_was_lost_is_carried_out() -> None:
    """The event of a command that cannot be carried out yet leaves it there, and so does one that never came."""
    user, owner = FirebaseUser.sign_up(), FirebaseUser.owner()
    path = leave(user, lease_expires_at=datetime.now(UTC) + timedelta(days=1))
    command = f"generations/{user.uid}/commands/{uuid.uuid4().hex}"
    elsewhere = {"type": "cancel", "media_type": "images", "file_uid": path.rpartition("/")[2]}
    assert owner.create(command, {**elsewhere, "created_at": LONG_AGO}).ok

    call_scheduled("on_minute")

    wait_for(owner, command, lambda found: found is None)
    assert wait_for_end(user, path)["status"] == "cancelled"


def test_nobody_but_functions_sees_what_the_sweeper_keeps() -> None:
    call_scheduled("on_minute")
    user = FirebaseUser.sign_up()

    for document in ("sweeper/images", "sweeper/breaker"):
        assert user.get(document).status_code == requests.codes.forbidden
        assert user.create(document, {"created_at": LONG_AGO}).status_code == requests.codes.forbidden


def test_the_collector_runs() -> None:
    call_scheduled("on_day")


@pytest.mark.parametrize("token", ["", "x.y", "../../etc"])
def test_the_webhook_lets_nobody_in(token: str) -> None:
    url = f"http://{address('functions')}/{PROJECT}/{REGION}/on_runpod_webhook/{token}"

    assert requests.post(url, json={"id": "x"}, timeout=60).status_code == requests.codes.not_found
