from typing import Any

import pytest

from adapters.announcing import announce
from adapters.in_memory import InMemoryEndings
from contracts.dead_letter import DeadLetter
from contracts.ending import ending_of
from tests.contracts.documents import (
    CANCELLED,
    COMPLETED_IMAGE,
    COMPLETED_VIDEO,
    FAILED,
    IMAGE_PATH,
    LOST,
    REJECTED,
)


@pytest.mark.parametrize(
    "fields",
    [COMPLETED_IMAGE, COMPLETED_VIDEO, CANCELLED, FAILED, REJECTED],
    ids=["image", "video", "cancelled", "failed", "rejected"],
)
def test_whoever_listens_hears_of_every_ending_and_the_operator_of_none(fields: dict[str, Any]) -> None:
    endings = InMemoryEndings()

    announce(IMAGE_PATH, fields, endings)

    assert endings.published == [ending_of(IMAGE_PATH, fields)]
    assert endings.dead_letters == []


def test_the_operator_hears_of_what_was_given_up_as_well() -> None:
    given_up = FAILED | {"error": LOST}
    endings = InMemoryEndings()

    announce(IMAGE_PATH, given_up, endings)

    assert endings.published == [ending_of(IMAGE_PATH, given_up)]
    assert endings.dead_letters == [DeadLetter.of(IMAGE_PATH, given_up)]
