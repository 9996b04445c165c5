"""What a page can do to Firestore, and what it cannot, asked of the emulator with the rules that are deployed."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.errors import RequestInvalid
from contracts.paths import MediaType, is_upload_of
from contracts.request import UPLOAD_FIELDS
from contracts.validation import parse_request
from emulator_tests.documents import creation
from emulator_tests.requested import ACCEPTED, FIRESTORE_ONLY, REFUSED, UID, Asked
from emulator_tests.rules_user import firestore, list_documents, nobody, query, somebody
from local.firebase_user import DOCUMENTS, FirebaseUser, creating
from local.firestore_json import SERVER_TIMESTAMP

pytestmark = pytest.mark.usefixtures("safelight")

ACCEPTS, REFUSES = 200, 403
# A model that does not exist: the function fails such a request at once, and the worker stays free.
REQUEST = {"prompt": "x", "model": "none"}
STAMPED = datetime(2026, 1, 1, tzinfo=UTC)


def new_id() -> str:
    return uuid.uuid4().hex


def by_id(asked: Asked) -> str:
    return asked.id


def ask(asked: Asked) -> int:
    """Create a generation with this request. The HTTP status."""
    user, file_uid = somebody(UID), new_id()
    path = f"generations/{user.uid}/{asked.media_type.value}/{file_uid}"
    return user.create(path, creation(user, file_uid, asked.request_data)).status_code


def contracts_accept(asked: Asked) -> bool:
    try:
        request = parse_request(asked.media_type, asked.request_data).model_dump(exclude_unset=True)
    except (RequestInvalid, TypeError, ValueError):
        return False
    return all(is_upload_of(UID, request[field]) for field in UPLOAD_FIELDS if field in request)


@pytest.mark.parametrize("asked", ACCEPTED, ids=by_id)
def test_a_request_is_accepted_by_rules_and_contracts(asked: Asked) -> None:
    assert ask(asked) == ACCEPTS
    assert contracts_accept(asked)


@pytest.mark.parametrize("asked", REFUSED, ids=by_id)
def test_a_request_is_refused_by_rules_and_contracts(asked: Asked) -> None:
    assert ask(asked) == REFUSES
    assert not contracts_accept(asked)


@pytest.mark.parametrize("asked", FIRESTORE_ONLY, ids=by_id)
def test_a_request_of_a_type_that_only_firestore_has_is_refused(asked: Asked) -> None:
    assert ask(asked) == REFUSES


UIDS = {
    "of Firebase": "Zk3aBcD9eFgHiJkLmNoPqRsTuVw1",
    "with a dot": "a.b",
    "that is a pattern for all": ".*",
    "with alternatives": "a|b",
    "that ends a pattern": "u$",
    "that begins a pattern": "^u",
    "that is half a group": "(x",
    "with a backslash": "a\\d",
    "with a quote": "it's",
    "in another script": "пользователь",
    "with an emoji": "u😀",
    "with a space": "a b",
    "that looks like a wildcard": "{user_id}",
    "of 128 characters": "u" * 128,
}


@pytest.mark.parametrize("uid", UIDS.values(), ids=UIDS.keys())
def test_any_uid_can_create_and_read_what_is_its_own(uid: str) -> None:
    user, file_uid = somebody(uid), new_id()
    path = f"generations/{uid}/images/{file_uid}"
    request_data = {"prompt": "x", "model": "none", "input_image": f"uploads/{uid}/a.png"}

    assert user.create(path, creation(user, file_uid, request_data)).status_code == ACCEPTS
    assert user.get(path).status_code == ACCEPTS
    assert somebody().get(path).status_code == REFUSES


@pytest.mark.parametrize("media_type", MediaType)
@pytest.mark.parametrize(
    "file_uid", ["a", "A-_9", "-", "f" * 128], ids=["one letter", "every kind", "a dash", "128 characters"]
)
def test_an_id_is_accepted(media_type: MediaType, file_uid: str) -> None:
    user = somebody()
    path = f"generations/{user.uid}/{media_type.value}/{file_uid}"

    assert user.create(path, creation(user, file_uid, REQUEST)).status_code == ACCEPTS


IDS = {
    "of 129 characters": "f" * 129,
    "with a dot": "a.b",
    "with two dots": "a..b",
    "with a space": "a b",
    "with a newline after it": "a\n",
    "with a newline before it": "\na",
    "with a newline in it": "a\nb",
    "with a plus": "a+b",
    "with a percent sign": "a%2Fb",
    "in another script": "über",
    "with a digit of another script": "\N{ARABIC-INDIC DIGIT ONE}",
    "with a zero byte": "a\x00",
    "with a quote": "a'b",
    "of underscores": "____",  # Firestore keeps it for itself, and its emulator does not
}


@pytest.mark.parametrize("collection", ["images", "videos", "commands"])
@pytest.mark.parametrize("document_id", IDS.values(), ids=IDS.keys())
def test_an_id_is_refused(collection: str, document_id: str) -> None:
    user = somebody()
    fields = command() if collection == "commands" else creation(user, document_id, REQUEST)

    assert user.create(f"generations/{user.uid}/{collection}/{document_id}", fields).status_code == REFUSES


def test_the_version_of_the_schema_may_be_left_out() -> None:
    user = somebody()
    fields = creation(user, "f1", REQUEST)
    del fields["schema_version"]

    assert user.create(f"generations/{user.uid}/images/f1", fields).status_code == ACCEPTS


ALTERED: dict[str, dict[str, Any]] = {
    "processing": {"status": "processing"},
    "completed": {"status": "completed"},
    "a status of another type": {"status": True},
    "a status with a newline": {"status": "queued\n"},
    "an hour ago": {"created_at": datetime.now(UTC) - timedelta(hours=1)},
    "a time of its own": {"created_at": datetime.now(UTC)},
    "a time to come": {"created_at": datetime.now(UTC) + timedelta(days=1)},
    "a time that is a text": {"created_at": "2026-01-01T00:00:00Z"},
    "a time that is null": {"created_at": None},
    "another user's id": {"user_id": "stranger"},
    "a user's id that is a number": {"user_id": 1},
    "another id than the document's": {"file_uid": "f2"},
    "an id that is null": {"file_uid": None},
    "the next version of the schema": {"schema_version": 2},
    "a version that is a text": {"schema_version": "1"},
    "a version that is null": {"schema_version": None},
    "an unknown field": {"colour": "red"},
    "an attempt": {"attempt": 1},
    "failures": {"failures": -3},
    "a claim": {"claim": "mine"},
    "a lease": {"lease_expires_at": datetime(2099, 1, 1, tzinfo=UTC)},
    "a stage": {"stage": "uploading"},
    "a seed at the top": {"seed": 1},
    "progress": {"progress": {"fraction": 1.0}},
    "a RunPod job": {"runpod_job_id": "x"},
    "what was generated": {"generated": True, "generation_data": {"image_urls": ["https://example.com"]}},
    "an error": {"error": {"message": "x"}},
    "attempts": {"attempts": []},
    "the document that it repeats": {"retry_of": "x"},
    "a modified time": {"modified": SERVER_TIMESTAMP},
}


@pytest.mark.parametrize("altered", ALTERED.values(), ids=ALTERED.keys())
def test_a_creation_is_refused_for(altered: dict[str, Any]) -> None:
    user = somebody()

    answer = user.create(f"generations/{user.uid}/images/f1", creation(user, "f1", REQUEST) | altered)

    assert answer.status_code == REFUSES


@pytest.mark.parametrize("missing", ["status", "created_at", "user_id", "file_uid", "request_data"])
def test_a_creation_is_refused_without(missing: str) -> None:
    user = somebody()
    fields = {name: value for name, value in creation(user, "f1", REQUEST).items() if name != missing}

    assert user.create(f"generations/{user.uid}/images/f1", fields).status_code == REFUSES


def command(**altered: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a client sends
    return {"type": "cancel", "media_type": "images", "file_uid": "f1", "created_at": SERVER_TIMESTAMP} | altered


@pytest.mark.parametrize("type_", ["cancel", "delete"])
@pytest.mark.parametrize("media_type", ["images", "videos"])
def test_a_command_is_accepted(type_: str, media_type: str) -> None:
    user = somebody()
    fields = command(type=type_, media_type=media_type)

    assert user.create(f"generations/{user.uid}/commands/{new_id()}", fields).status_code == ACCEPTS


COMMANDS: dict[str, dict[str, Any]] = {
    "another type": {"type": "retry"},
    "a type with a newline": {"type": "cancel\n"},
    "a type that is a list": {"type": ["cancel"]},
    "another media type": {"media_type": "audios"},
    "commands as media type": {"media_type": "commands"},
    "a media type that is null": {"media_type": None},
    "an id that climbs": {"file_uid": "../f1"},
    "an id with a slash": {"file_uid": "a/b"},
    "an id with a newline": {"file_uid": "f1\n"},
    "an id of 129 characters": {"file_uid": "f" * 129},
    "an empty id": {"file_uid": ""},
    "an id that is a number": {"file_uid": 1},
    "an id that Firestore keeps for itself": {"file_uid": "__f1__"},
    "a time of its own": {"created_at": STAMPED},
    "an unknown field": {"colour": "red"},
    "another user": {"user_id": "stranger"},
}


@pytest.mark.parametrize("altered", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_is_refused_for(altered: dict[str, Any]) -> None:
    user = somebody()

    answer = user.create(f"generations/{user.uid}/commands/c1", command(**altered))

    assert answer.status_code == REFUSES


@pytest.mark.parametrize("missing", ["type", "media_type", "file_uid", "created_at"])
def test_a_command_is_refused_without(missing: str) -> None:
    user = somebody()
    fields = {name: value for name, value in command().items() if name != missing}

    assert user.create(f"generations/{user.uid}/commands/c1", fields).status_code == REFUSES


@pytest.fixture(scope="module")
def written(safelight: None) -> tuple[FirebaseUser, dict[str, str]]:
    """Somebody with a document of each kind that has ended, so that no function touches it."""
    owner, user = FirebaseUser.owner(), somebody()
    paths = {kind: f"generations/{user.uid}/{kind}/mine" for kind in ("images", "videos", "audios")}
    for path in paths.values():
        fields = creation(user, "mine", REQUEST) | {"status": "completed", "created_at": STAMPED}
        assert owner.create(path, fields).ok
    return user, paths


@pytest.mark.parametrize("kind", ["images", "videos"])
def test_a_user_reads_and_lists_what_is_his(written: tuple[FirebaseUser, dict[str, str]], kind: str) -> None:
    user, paths = written

    assert user.get(paths[kind]).status_code == ACCEPTS
    assert list_documents(user, f"generations/{user.uid}/{kind}").status_code == ACCEPTS
    assert query(user, f"generations/{user.uid}", kind, everywhere=False).status_code == ACCEPTS


@pytest.mark.parametrize("kind", ["images", "videos", "commands"])
@pytest.mark.parametrize("who", [somebody, nobody], ids=["a stranger", "nobody"])
def test_others_read_list_and_create_nothing(
    written: tuple[FirebaseUser, dict[str, str]], kind: str, who: Callable[[], FirebaseUser]
) -> None:
    user, _ = written
    other = who()
    folder = f"generations/{user.uid}"
    fields = command() if kind == "commands" else creation(user, "f1", REQUEST)

    assert other.get(f"{folder}/{kind}/mine").status_code == REFUSES
    assert other.get(f"{folder}/{kind}/not-there").status_code == REFUSES
    assert list_documents(other, f"{folder}/{kind}").status_code == REFUSES
    assert query(other, folder, kind, everywhere=False).status_code == REFUSES
    assert other.create(f"{folder}/{kind}/f1", fields).status_code == REFUSES


@pytest.mark.parametrize("kind", ["images", "videos", "commands"])
def test_nobody_searches_all_users_at_once(kind: str) -> None:
    assert query(somebody(), "", kind, everywhere=True).status_code == REFUSES


CHANGES: dict[str, dict[str, Any]] = {
    "status": {"status": "cancelled"},
    "the request": {"request_data": {"prompt": "y"}},
    "nothing": {"status": "completed"},
    "a field of its own": {"starred": True},
}


@pytest.mark.parametrize("kind", ["images", "videos"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_user_changes_nothing_of(
    written: tuple[FirebaseUser, dict[str, str]], kind: str, change: dict[str, Any]
) -> None:
    user, paths = written

    assert user.update(paths[kind], change).status_code == REFUSES


@pytest.mark.parametrize("kind", ["images", "videos"])
def test_a_user_replaces_and_removes_nothing(written: tuple[FirebaseUser, dict[str, str]], kind: str) -> None:
    user, paths = written
    emptied = {"update": {"name": f"{DOCUMENTS}/{paths[kind]}", "fields": {}}}
    anew = creating(paths[kind], creation(user, "mine", REQUEST))
    del anew["currentDocument"]

    for write in (emptied, anew):
        assert firestore(user, ":commit", {"writes": [write]}).status_code == REFUSES
    assert user.delete(paths[kind]).status_code == REFUSES
    assert user.get(paths[kind]).status_code == ACCEPTS


def test_a_command_once_written_is_out_of_reach() -> None:
    user = somebody()
    path = f"generations/{user.uid}/commands/mine"
    # The administrator's command is about nothing, so it may be carried out and gone before this is refused.
    assert FirebaseUser.owner().create(path, command()).ok

    assert user.update(path, {"type": "delete"}).status_code == REFUSES
    assert user.delete(path).status_code == REFUSES


PLACES = [
    "generations/{uid}",
    "generations/{uid}/audios/mine",
    "generations/{uid}/Images/mine",
    "generations/{uid}/images/mine/more/x",
    "generations/{uid}/images/mine/images/x",
    "users/{uid}",
    "users/{uid}/images/x",
]


@pytest.mark.parametrize("place", PLACES)
def test_there_is_nothing_for_a_page_at(written: tuple[FirebaseUser, dict[str, str]], place: str) -> None:
    user, _ = written
    path = place.format(uid=user.uid)

    assert user.get(path).status_code == REFUSES
    assert user.create(path, creation(user, path.split("/")[-1], REQUEST)).status_code == REFUSES
    assert user.delete(path).status_code == REFUSES


def test_the_collection_of_users_is_out_of_reach() -> None:
    assert list_documents(somebody(), "generations").status_code == REFUSES


@pytest.mark.parametrize("status", ["queued", "completed"])
def test_of_several_writes_one_bad_one_spoils_all(status: str) -> None:
    user = somebody()
    folder = f"generations/{user.uid}/images"
    writes = [
        creating(f"{folder}/first", creation(user, "first", REQUEST)),
        creating(f"{folder}/second", creation(user, "second", REQUEST) | {"status": status}),
    ]

    good = status == "queued"
    assert firestore(user, ":commit", {"writes": writes}).status_code == (ACCEPTS if good else REFUSES)
    assert (user.read(f"{folder}/first") is not None) is good
