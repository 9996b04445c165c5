import pytest

from adapters.in_memory import InMemorySweeper
from tests.adapters.sweeper_store_suite import SweeperStoreSuite
from tests.contracts.documents import CREATED_AT, ENDED_AT


class InMemorySweepers:
    def __init__(self) -> None:
        self.store = InMemorySweeper()
        self.unreachable = InMemorySweeper()
        self.unreachable.unavailable = True


class TestInMemorySweeper(SweeperStoreSuite):
    @pytest.fixture
    def sweepers(self) -> InMemorySweepers:
        return InMemorySweepers()


def test_a_test_can_see_why_runpod_is_left_alone() -> None:
    sweeper = InMemorySweeper()

    sweeper.open_breaker("runpod_no_credit", now=CREATED_AT, until=ENDED_AT)

    assert sweeper.breaker_opened == ("runpod_no_credit", ENDED_AT)
