"""What every `CommandStore` must do: in memory, on Firestore's API, on the real emulator."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

import pytest

from contracts.command import Command, CommandType
from contracts.errors import RequestInvalid
from contracts.paths import MediaType
from contracts.ports import CommandStore, StoreUnavailable
from tests.contracts.documents import CREATED_AT

MOMENT = timedelta(microseconds=1)
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
        with pytest.raises(StoreUnavailable):
            commands.unreachable.waiting(until=CREATED_AT, limit=10)

    def test_those_that_wait_are_found_the_oldest_first(self, commands: Commands) -> None:
        for moments, (user_id, command_id) in enumerate([("u2", "c1"), ("u1", "c2"), ("u3", "c1")]):
            commands.put(user_id, command_id, CANCEL | {"created_at": CREATED_AT - moments * MOMENT})
        commands.put("u1", "c3", CANCEL | {"created_at": CREATED_AT + MOMENT})

        assert commands.store.waiting(until=CREATED_AT, limit=10) == [("u3", "c1"), ("u1", "c2"), ("u2", "c1")]
        assert commands.store.waiting(until=CREATED_AT, limit=1) == [("u3", "c1")]

    def test_of_those_that_wait_equally_long_the_path_decides(self, commands: Commands) -> None:
        in_order = [("a", "c1"), ("a", "c2"), ("a-b", "c1"), ("b", "c1")]
        for user_id, command_id in reversed(in_order):
            commands.put(user_id, command_id, CANCEL)

        assert commands.store.waiting(until=CREATED_AT, limit=3) == in_order[:3]

    def test_what_is_no_command_but_for_its_time_is_found_to_be_removed(self, commands: Commands) -> None:
        commands.put("u1", "c1", {"created_at": CREATED_AT, "type": "explode"})

        assert commands.store.waiting(until=CREATED_AT, limit=10) == [("u1", "c1")]

    @pytest.mark.parametrize("no_time", ["now", 5, None, [CREATED_AT]], ids=str)
    def test_what_holds_no_time_is_not_found_by_it(self, commands: Commands, no_time: object) -> None:
        commands.put("u1", "c1", CANCEL | {"created_at": no_time})
        commands.put("u1", "c2", {})

        assert commands.store.waiting(until=CREATED_AT, limit=10) == []

    def test_what_was_removed_waits_no_longer(self, commands: Commands) -> None:
        commands.put("u1", "c1", CANCEL)

        commands.store.remove("u1", "c1")

        assert commands.store.waiting(until=CREATED_AT, limit=10) == []
