"""What every `CommandStore` must do: in memory, on Firestore's API, on the real emulator."""

import uuid
from collections.abc import Mapping
from typing import Any, Protocol

import pytest

from contracts.command import Command, CommandType
from contracts.errors import RequestInvalid
from contracts.paths import MediaType
from contracts.ports import CommandStore, StoreUnavailable
from tests.contracts.documents import CREATED_AT

CANCEL = {"type": "cancel", "media_type": "images", "file_uid": "f1", "created_at": CREATED_AT}


class Commands(Protocol):
    """A store, and a way to write into it behind its back."""

    @property
    def store(self) -> CommandStore: ...
    @property
    def unreachable(self) -> CommandStore: ...
    def put(self, user_id: str, command_id: str, fields: Mapping[str, Any]) -> None: ...


class CommandStoreSuite:
    @pytest.fixture
    def command_id(self) -> str:
        return uuid.uuid4().hex

    def test_a_command_is_read(self, commands: Commands, command_id: str) -> None:
        commands.put("u1", command_id, CANCEL)

        assert commands.store.read("u1", command_id) == Command(
            type=CommandType.CANCEL, media_type=MediaType.IMAGES, file_uid="f1", created_at=CREATED_AT
        )

    def test_where_there_is_none_there_is_none(self, commands: Commands, command_id: str) -> None:
        commands.put("u1", command_id, CANCEL)

        assert commands.store.read("u2", command_id) is None

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            pytest.param(CANCEL | {"type": "explode"}, "type", id="an unknown type"),
            pytest.param(CANCEL | {"user_id": "u2"}, "user_id", id="a key that is none"),
            pytest.param({}, "type", id="nothing in it"),
        ],
    )
    def test_what_is_no_command_is_read_as_what_is_wrong_with_it(
        self, commands: Commands, command_id: str, fields: dict[str, Any], field: str
    ) -> None:
        commands.put("u1", command_id, fields)

        found = commands.store.read("u1", command_id)

        assert isinstance(found, RequestInvalid)
        assert found.field == field

    def test_a_command_is_removed_and_a_second_call_does_nothing(
        self, commands: Commands, command_id: str
    ) -> None:
        commands.put("u1", command_id, CANCEL)
        commands.put("u2", command_id, CANCEL)

        commands.store.remove("u1", command_id)
        commands.store.remove("u1", command_id)

        assert commands.store.read("u1", command_id) is None
        assert commands.store.read("u2", command_id) is not None

    def test_a_store_out_of_reach_is_unavailable(self, commands: Commands, command_id: str) -> None:
        with pytest.raises(StoreUnavailable):
            commands.unreachable.read("u1", command_id)
        with pytest.raises(StoreUnavailable):
            commands.unreachable.remove("u1", command_id)
