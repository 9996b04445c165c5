import pytest

from contracts.errors import RequestInvalid
from contracts.generation import Generation
from contracts.ports import Applied
from tests.contracts.documents import DISPATCHED


def test_what_was_applied_can_be_read_as_a_generation() -> None:
    assert Applied(fields=DISPATCHED).generation == Generation.from_fields(DISPATCHED)


def test_a_document_that_was_malformed_before_it_was_failed_is_still_no_generation() -> None:
    with pytest.raises(RequestInvalid):
        _ = Applied(fields={"status": "failed"}).generation
