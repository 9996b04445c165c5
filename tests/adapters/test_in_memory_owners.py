import pytest

from adapters.in_memory import InMemoryOwners
from tests.adapters.owners_suite import OwnersSuite


class InMemoryAccounts:
    somebody = "u1"
    nobody = "u2"

    def __init__(self) -> None:
        self.owners = InMemoryOwners()
        self.owners.gone.add(self.nobody)
        self.unreachable = InMemoryOwners()
        self.unreachable.unavailable = True


class TestInMemoryOwners(OwnersSuite):
    @pytest.fixture
    def accounts(self) -> InMemoryAccounts:
        return InMemoryAccounts()
