from typing import Any

import pytest

from contracts.command import COMMAND_KEYS, Command, CommandType
from contracts.errors import RequestInvalid
from contracts.paths import GenerationPath, MediaType
from tests.contracts.documents import CREATED_AT
from tests.contracts.json_schema import fits

COMMAND: dict[str, Any] = {
    "type": "cancel",
    "media_type": "videos",
    "file_uid": "f1",
    "created_at": CREATED_AT,
}


@pytest.mark.parametrize("command_type", ["cancel", "delete"])
@pytest.mark.parametrize("media_type", ["images", "videos"])
def test_a_command_is_read(command_type: str, media_type: str) -> None:
    fields = COMMAND | {"type": command_type, "media_type": media_type}

    command = Command.from_fields(fields)

    assert command.type is CommandType(command_type)
    assert command.media_type is MediaType(media_type)
    assert command.created_at == CREATED_AT
    assert fits(fields, "Command")
    assert set(COMMAND_KEYS) == fields.keys()


def test_a_command_is_always_about_a_generation_of_its_own_user() -> None:
    target = Command.from_fields(COMMAND).target("u1")

    assert target == GenerationPath(user_id="u1", media_type=MediaType.VIDEOS, file_uid="f1")


@pytest.mark.parametrize("file_uid", ["../../u2/images/f1", "..", "", "__x__", "f1/commands/c1"])
def test_a_target_that_leads_elsewhere_is_refused_when_it_is_checked(file_uid: str) -> None:
    target = Command.from_fields(COMMAND | {"file_uid": file_uid}).target("u1")

    with pytest.raises(RequestInvalid, match=r"^file_uid must be "):
        target.check()


@pytest.mark.parametrize("key", COMMAND_KEYS)
def test_a_command_without_one_of_its_keys_is_refused(key: str) -> None:
    with pytest.raises(RequestInvalid, match=rf"^{key} is missing$") as refused:
        Command.from_fields({name: value for name, value in COMMAND.items() if name != key})

    assert refused.value.field == key


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("type", "CANCEL", "type must be cancel or delete"),
        ("type", None, "type must be cancel or delete"),
        ("type", 1, "type must be cancel or delete"),
        ("media_type", "image", "media_type must be images or videos"),
        ("media_type", "commands", "media_type must be images or videos"),
        ("file_uid", 1, "file_uid must be text"),
        ("file_uid", None, "file_uid must be text"),
        ("created_at", "now", "created_at must be a time"),
        ("user_id", "u2", "user_id is not a known field"),
        ("no name", 1, "command has a key that is not one of its own"),
    ],
)
def test_a_wrong_value_is_named_in_one_sentence(field: str, value: object, message: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        Command.from_fields(COMMAND | {field: value})

    assert refused.value.failure.message == message
