from typing import Any

import pytest

from contracts.ending import ending_of
from tests.contracts.documents import (
    CANCELLED,
    COMPLETED_IMAGE,
    CREATED_AT,
    FAILED,
    IMAGE_PATH,
)
from tests.contracts.json_schema import fits


@pytest.mark.parametrize(
    ("fields", "error_code"),
    [(COMPLETED_IMAGE, None), (FAILED, "invalid_request"), (CANCELLED, None)],
    ids=["completed", "failed", "cancelled"],
)
def test_an_ending_says_what_ended_and_how(fields: dict[str, Any], error_code: str | None) -> None:
    ending = ending_of(IMAGE_PATH, fields)

    expected = {
        "user_id": "u1",
        "media_type": "images",
        "file_uid": "f1",
        "created_at": CREATED_AT,
        "status": fields["status"],
    }
    assert ending.model_dump(exclude_none=True) == expected | ({"error_code": error_code} if error_code else {})
    assert fits(ending.model_dump(exclude_none=True), "Ending")


@pytest.mark.parametrize("created_at", [None, "yesterday", 5])
def test_the_ending_of_a_malformed_document_has_no_time_that_it_did_not_hold(created_at: object) -> None:
    ending = ending_of(IMAGE_PATH, {"status": "cancelled", "created_at": created_at})

    assert ending.created_at is None
