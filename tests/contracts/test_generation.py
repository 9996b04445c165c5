from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest

from contracts.errors import ErrorCode, FailedStage, RequestInvalid
from contracts.generation import (
    CREATION_KEYS,
    CREATION_REQUIRED_KEYS,
    MAX_PREVIEW_LENGTH,
    Generation,
    Malformed,
    check_identity,
    read_generation,
    same_moment,
)
from contracts.paths import GenerationPath, MediaType
from tests.contracts.documents import CREATED_AT, EXAMPLES, IMAGE_PATH, PROCESSING, PROGRESS, QUEUED
from tests.contracts.json_schema import fits

each_example = pytest.mark.parametrize("fields", EXAMPLES.values(), ids=EXAMPLES)


@each_example
def test_each_example_document_is_read_and_written_back_exactly(fields: dict[str, Any]) -> None:
    written = Generation.from_fields(fields).to_fields()

    assert written == fields


@each_example
def test_each_example_document_fits_the_json_schema(fields: dict[str, Any]) -> None:
    assert fits(fields, "Generation")


@each_example
def test_each_example_document_says_whether_it_has_ended(fields: dict[str, Any]) -> None:
    ended = fields["status"] in {"completed", "failed", "cancelled"}

    assert read_generation(fields).is_terminal is ended


def test_any_mapping_can_be_read() -> None:
    assert Generation.from_fields(MappingProxyType(QUEUED)).to_fields() == QUEUED


def test_what_a_newer_writer_added_is_ignored() -> None:
    assert Generation.from_fields(QUEUED | {"from_the_future": 1}).to_fields() == QUEUED


def test_a_page_writes_only_fields_that_a_generation_has() -> None:
    assert set(CREATION_KEYS) == QUEUED.keys()
    assert set(CREATION_KEYS) - set(CREATION_REQUIRED_KEYS) == {"schema_version"}


@pytest.mark.parametrize("key", CREATION_REQUIRED_KEYS)
def test_a_document_without_one_of_its_keys_is_malformed(key: str) -> None:
    fields = {name: value for name, value in QUEUED.items() if name != key}

    found = read_generation(fields)

    assert isinstance(found, Malformed)
    assert found.problem.field == key
    assert found.problem.failure.message == f"{key} is missing"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("status", "done", "status must be queued, processing, completed, failed or cancelled"),
        ("status", 1, "status must be queued, processing, completed, failed or cancelled"),
        ("status", None, "status must be queued, processing, completed, failed or cancelled"),
        ("created_at", "2026-08-01T12:00:00Z", "created_at must be a time"),
        ("created_at", 1_700_000_000, "created_at must be a time"),
        ("created_at", CREATED_AT.replace(tzinfo=None), "created_at must be a time with its time zone"),
        ("user_id", 7, "user_id must be text"),
        ("file_uid", b"f1", "file_uid must be text"),
        ("schema_version", 2, "schema_version must be 1"),
        ("schema_version", "1", "schema_version must be 1"),
        ("request_data", [], "request_data must be a map"),
        ("request_data", "a prompt", "request_data must be a map"),
        ("attempt", "1", "attempt must be a whole number"),
        ("attempt", 1.0, "attempt must be a whole number"),
        ("attempt", True, "attempt must be a whole number"),
        ("attempt", None, "attempt must be a whole number"),
        ("generated", 1, "generated must be true or false"),
        ("attempts", {}, "attempts must be a list"),
        ("attempts", [1], "attempts holds something that is not valid"),
        ("progress", 0.5, "progress must be a map"),
        ("progress", PROGRESS | {"fraction": 1.5}, "progress holds something that is not valid"),
        ("progress", PROGRESS | {"fraction": float("nan")}, "progress holds something that is not valid"),
        ("progress", PROGRESS | {"preview": "x" * 8193}, "progress holds something that is not valid"),
        ("generation_data", {}, "generation_data holds something that is not valid"),
        ("error", {"code": "no_such_code"}, "error holds something that is not valid"),
    ],
)
def test_a_wrong_value_is_named_in_one_sentence(field: str, value: object, message: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        Generation.from_fields(QUEUED | {field: value})

    assert refused.value.failure.message == message
    assert refused.value.failure.field == refused.value.field == field
    assert refused.value.failure.code is ErrorCode.INVALID_REQUEST
    assert refused.value.failure.stage is FailedStage.VALIDATING
    assert not refused.value.failure.retryable


def test_a_preview_may_have_eight_kilobytes() -> None:
    progress = PROGRESS | {"preview": "x" * MAX_PREVIEW_LENGTH}

    assert Generation.from_fields(PROCESSING | {"progress": progress}).to_fields()["progress"] == progress


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_a_malformed_document_has_ended_if_its_status_says_so(status: str) -> None:
    assert read_generation({"status": status}).is_terminal


@pytest.mark.parametrize(
    "fields",
    [{}, {"status": "queued"}, {"status": "done"}, {"status": None}, {"status": ["failed"]}, {"status": {}}],
)
def test_a_malformed_document_with_any_other_status_has_not_ended(fields: Mapping[str, Any]) -> None:
    found = read_generation(fields)

    assert isinstance(found, Malformed)
    assert not found.is_terminal


def test_a_document_is_what_its_path_says() -> None:
    check_identity(Generation.from_fields(QUEUED), IMAGE_PATH)


@pytest.mark.parametrize("field", ["user_id", "file_uid"])
def test_a_document_that_says_to_be_another_is_refused(field: str) -> None:
    generation = Generation.from_fields(QUEUED | {field: "other"})

    with pytest.raises(RequestInvalid, match=f"^{field} must be the same as in the document's path$") as refused:
        check_identity(generation, IMAGE_PATH)

    assert refused.value.field == field


def test_a_document_at_an_id_that_the_contract_does_not_allow_is_refused() -> None:
    generation = Generation.from_fields(QUEUED | {"file_uid": "..x"})

    with pytest.raises(RequestInvalid, match=r"^file_uid must be 1 to 128 characters"):
        check_identity(generation, GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="..x"))


@pytest.mark.parametrize("zone_hours", [0, 2, -11])
def test_a_moment_is_the_same_in_every_time_zone(zone_hours: int) -> None:
    elsewhere = datetime.fromisoformat(
        CREATED_AT.astimezone(timezone(timedelta(hours=zone_hours))).isoformat(timespec="microseconds")
    )

    assert same_moment(CREATED_AT, elsewhere)


@pytest.mark.parametrize("microseconds", [-1, 1])
def test_moments_a_microsecond_apart_are_not_the_same(microseconds: int) -> None:
    assert not same_moment(CREATED_AT, CREATED_AT + timedelta(microseconds=microseconds))
