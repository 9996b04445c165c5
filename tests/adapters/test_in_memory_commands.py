from collections.abc import Mapping
from typing import Any

import pytest

from adapters.in_memory import InMemoryCommands
from tests.adapters.command_store_suite import CommandStoreSuite


class InMemoryCommandDocuments:
    def __init__(self) -> None:
        self.store = InMemoryCommands()
        self.unreachable = InMemoryCommands()
        self.unreachable.unavailable = True

    def put(self, user_id: str, command_id: str, fields: Mapping[str, Any]) -> None:
        self.store.documents[user_id, command_id] = dict(fields)


class TestInMemoryCommands(CommandStoreSuite):
    @pytest.fixture
    def commands(self) -> InMemoryCommandDocuments:
        return InMemoryCommandDocuments()
