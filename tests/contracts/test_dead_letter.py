from typing import Any

import pytest

from contracts.dead_letter import DeadLetter
from contracts.errors import ErrorCode
from contracts.paths import generation_at
from tests.contracts.documents import (
    CANCELLED,
    COMPLETED_IMAGE,
    COMPLETED_VIDEO,
    DISPATCHED_AGAIN,
    ERROR,
    FAILED,
    IMAGE_PATH,
    LOST,
    PROCESSING,
    QUEUED,
    REJECTED,
)

OF_THE_REQUEST = {ErrorCode.INVALID_REQUEST, ErrorCode.OBJECT_TAKEN}
GIVEN_UP = FAILED | {"error": LOST, "failures": 3, "attempts": [*DISPATCHED_AGAIN["attempts"]] * 3}


def test_a_generation_that_was_given_up_is_told_with_where_it_is_and_why() -> None:
    assert DeadLetter.of(IMAGE_PATH, GIVEN_UP) == DeadLetter(
        document="generations/u1/images/f1", code="worker_lost", stage="generating", failures=3, attempts=3
    )


def test_whoever_reads_it_can_find_the_generation_again() -> None:
    letter = DeadLetter.of(IMAGE_PATH, GIVEN_UP)

    assert letter is not None
    assert generation_at(DeadLetter.model_validate_json(letter.model_dump_json()).document) == IMAGE_PATH


def test_no_word_of_the_request_is_told() -> None:
    secret = GIVEN_UP | {"request_data": {"prompt": "canary"}, "error": LOST | {"message": "canary"}}

    letter = DeadLetter.of(IMAGE_PATH, secret)

    assert letter is not None
    assert "canary" not in letter.model_dump_json()


@pytest.mark.parametrize("code", [code for code in ErrorCode if code not in OF_THE_REQUEST])
def test_whatever_is_not_the_requests_fault_is_the_operators_business(code: ErrorCode) -> None:
    for written in (code, code.value):  # as a transition sets it, and as Firestore gives it back
        letter = DeadLetter.of(IMAGE_PATH, FAILED | {"error": LOST | {"code": written}})

        assert letter is not None
        assert letter.model_dump()["code"] == code.value


@pytest.mark.parametrize("code", sorted(OF_THE_REQUEST))
def test_a_request_that_was_no_good_is_its_users_business_alone(code: ErrorCode) -> None:
    for written in (code, code.value):
        assert DeadLetter.of(IMAGE_PATH, FAILED | {"error": ERROR | {"code": written}}) is None


@pytest.mark.parametrize(
    "fields",
    [QUEUED, PROCESSING, COMPLETED_IMAGE, COMPLETED_VIDEO, CANCELLED, CANCELLED | {"error": LOST}, {}],
    ids=["queued", "processing", "image", "video", "cancelled", "cancelled with an error", "nothing"],
)
def test_what_did_not_fail_is_nobodys_business(fields: dict[str, Any]) -> None:
    assert DeadLetter.of(IMAGE_PATH, fields) is None


@pytest.mark.parametrize("error", [None, "canary", 5, ["code"]])
def test_a_document_whose_error_is_none_of_ours_has_no_letter(error: object) -> None:
    assert DeadLetter.of(IMAGE_PATH, FAILED | {"error": error}) is None


@pytest.mark.parametrize("attempts", [{}, {"attempts": None}, {"attempts": []}])
def test_one_that_failed_at_its_first_dispatch_has_no_history(attempts: dict[str, Any]) -> None:
    letter = DeadLetter.of(IMAGE_PATH, REJECTED | {"error": LOST} | attempts)

    assert letter is not None
    assert (letter.failures, letter.attempts) == (0, 0)
