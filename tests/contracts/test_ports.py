import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RequestInvalid
from contracts.generation import Generation
from contracts.ports import Applied, Mark
from tests.contracts.documents import CREATED_AT, DISPATCHED

MOMENT = timedelta(microseconds=1)
IN_ORDER = [
    Mark(created_at=CREATED_AT - MOMENT, document="generations/z/videos/z"),
    Mark(created_at=CREATED_AT),
    Mark(created_at=CREATED_AT, document="generations/u/images/f1"),
    Mark(created_at=CREATED_AT, document="generations/u/images/f10"),
    Mark(created_at=CREATED_AT, document="generations/u/images/f2"),
    Mark(created_at=CREATED_AT, document="generations/u/videos/a"),
    Mark(created_at=CREATED_AT, document="generations/u-1/images/f1"),
    Mark(created_at=CREATED_AT, document="generations/u.1/images/f1"),
    Mark(created_at=CREATED_AT, document="generations/é/images/f1"),
    Mark(created_at=CREATED_AT, document="generations/\uffff/images/f1"),
    Mark(created_at=CREATED_AT, document="generations/\N{GRINNING FACE}/images/f1"),
    Mark(created_at=CREATED_AT + MOMENT),
]
"""As Firestore orders them: by time, then by path, id by id, by the bytes of their UTF-8."""


def test_what_was_applied_can_be_read_as_a_generation() -> None:
    assert Applied(fields=DISPATCHED, version=1).generation == Generation.from_fields(DISPATCHED)


def test_a_document_that_was_malformed_before_it_was_failed_is_still_no_generation() -> None:
    with pytest.raises(RequestInvalid):
        _ = Applied(fields={"status": "failed"}, version=1).generation


@given(seed=st.integers())
def test_marks_are_in_the_order_that_firestore_finds_documents_in(seed: int) -> None:
    shuffled = random.Random(seed).sample(IN_ORDER, len(IN_ORDER))

    assert sorted(shuffled) == IN_ORDER


def test_a_mark_is_never_before_or_behind_itself() -> None:
    for place, mark in enumerate(IN_ORDER):
        assert not mark < mark  # noqa: PLR0124 - that is the question
        assert all(mark > before for before in IN_ORDER[:place])
        assert all(mark < behind for behind in IN_ORDER[place + 1 :])


def test_a_mark_without_a_document_is_before_all_documents_of_its_moment() -> None:
    first = Mark(created_at=CREATED_AT, document="!")

    assert Mark(created_at=CREATED_AT) < first
    assert Mark(created_at=CREATED_AT) == Mark(created_at=CREATED_AT, document="")
