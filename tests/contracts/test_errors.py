import pytest

from contracts.errors import (
    Broken,
    ErrorCode,
    FailedStage,
    Failure,
    GenerationFailed,
    RequestInvalid,
    Unavailable,
)
from contracts.generation import Generation
from tests.contracts.documents import FAILED


def test_an_invalid_request_names_its_field_and_is_not_worth_another_try() -> None:
    problem = RequestInvalid("width", "width must be a multiple of 8")

    assert problem.failure.model_dump() == FAILED["error"]
    assert str(problem) == "width must be a multiple of 8"


def test_an_invalid_request_can_say_which_kind_it_is() -> None:
    assert RequestInvalid("file_uid", "taken", ErrorCode.OBJECT_TAKEN).failure.code is ErrorCode.OBJECT_TAKEN


@pytest.mark.parametrize(("kind", "retryable"), [(Unavailable, True), (Broken, False)])
def test_what_passes_is_worth_another_try_and_what_is_broken_is_not(
    kind: type[Unavailable] | type[Broken], *, retryable: bool
) -> None:
    problem = kind(ErrorCode.STORAGE_UNAVAILABLE, FailedStage.UPLOADING, "The file could not be stored.")

    assert isinstance(problem, GenerationFailed)
    assert problem.failure.retryable is retryable
    assert problem.failure.field is None
    assert str(problem) == "The file could not be stored."


@pytest.mark.parametrize("code", ErrorCode)
@pytest.mark.parametrize("stage", FailedStage)
def test_every_failure_can_be_read_back_from_a_document(code: ErrorCode, stage: FailedStage) -> None:
    failure = Failure(code=code, stage=stage, retryable=True, message="Try again later.")

    fields = FAILED | {"error": failure.model_dump(exclude_none=True)}

    assert Generation.from_fields(fields).error == failure
    assert Generation.from_fields(fields).to_fields() == fields
