import pytest

from contracts.status import Status


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_three_states_are_endings(status: str) -> None:
    assert Status(status).is_terminal


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_two_states_are_not(status: str) -> None:
    assert not Status(status).is_terminal


def test_there_are_no_other_states() -> None:
    assert {status.value for status in Status} == {"queued", "processing", "completed", "failed", "cancelled"}
