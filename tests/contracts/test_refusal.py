import re
import string
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError, field_validator

from contracts.command import Command
from contracts.errors import RequestInvalid
from contracts.generation import Generation
from contracts.paths import MediaType
from contracts.refusal import INSIDE, refusal
from contracts.runpod_job import parse_job_input
from contracts.validation import parse_request
from tests.contracts.documents import ALL_VIDEO_KEYS, EXAMPLES

NOW = datetime(2026, 8, 1, tzinfo=UTC)
COMMAND = {"type": "cancel", "media_type": "images", "file_uid": "f1", "created_at": NOW}
JOB = {
    "use_cloud_storage": True,
    "user_id": "u1",
    "file_uid": "f1",
    "media_type": "images",
    "created_at": NOW.isoformat(),
    "attempt": 1,
    "seed": 1,
}
READERS: dict[str, tuple[Callable[[dict[str, Any]], object], dict[str, Any]]] = {
    "request": (lambda asked: parse_request(MediaType.VIDEOS, asked), ALL_VIDEO_KEYS),
    "generation": (Generation.from_fields, EXAMPLES["processing"] | EXAMPLES["failed"]),
    "command": (Command.from_fields, COMMAND),
    "job": (parse_job_input, JOB),
    "direct job": (parse_job_input, JOB | {"use_cloud_storage": False}),
}
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.text(string.digits + "-:TZ.+", max_size=25),
        st.binary(max_size=5),
        st.datetimes(),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
EXPECTED = {
    INSIDE,
    "has a key that is not one of its own",
    "is not a known field",
    "must not be null",
    "must be text",
    "must be a whole number",
    "must be a number",
    "must be a finite number",
    "must be a map",
    "must be a list",
    "must be a time",
    "must be a time with its time zone",
    "must be true",
    "must be true or false",
    "must be mp4",
    "must be cancel or delete",
    "must be images or videos",
    "must be queued, processing, completed, failed or cancelled",
    "must be waiting, dispatched, loading, generating, encoding or uploading",
    "must be a name as the catalogue spells it",
}
OF_LIMITS = re.compile(r"must be at (least|most) \d+|must be at most \d+ characters long|must be \d+")


@given(reader=st.sampled_from(sorted(READERS)), value=ANYTHING, data=st.data())
def test_whatever_is_wrong_is_said_in_one_clean_sentence(reader: str, value: object, data: st.DataObject) -> None:
    read, fields = READERS[reader]
    key = data.draw(st.sampled_from([*sorted(fields), "other", "not a name"]))

    problem = _problem(read, fields | {key: value})

    if problem is not None:
        sentence = problem.failure.message.removeprefix(f"{problem.field} ")
        assert sentence in EXPECTED or OF_LIMITS.fullmatch(sentence)


def _problem(read: Callable[[dict[str, Any]], object], fields: dict[str, Any]) -> RequestInvalid | None:
    try:
        read(fields)
    except RequestInvalid as refused:
        return refused
    return None


@pytest.mark.parametrize("reader", READERS)
def test_what_the_sentences_are_tried_on_is_right_to_begin_with(reader: str) -> None:
    read, fields = READERS[reader]

    read(fields)


@pytest.mark.parametrize("reader", ["request", "generation", "command", "job"])
def test_an_empty_document_is_refused_for_the_first_field_it_lacks(reader: str) -> None:
    read, _ = READERS[reader]

    with pytest.raises(RequestInvalid, match=r"^\w+ is missing$"):
        read({})


def refused_by(model: type[BaseModel], fields: Mapping[str, Any]) -> RequestInvalid:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(fields)
    return refusal(refused.value, "example")


def test_our_own_words_follow_the_name_of_the_field() -> None:
    class Example(BaseModel):
        width: int

        @field_validator("width")
        @classmethod
        def _even(cls, value: int) -> int:
            msg = f"must be {{even}}, {value} is not"
            raise ValueError(msg)

    problem = refused_by(Example, {"width": 3})

    assert problem.failure.message == "width must be {even}, 3 is not"


def test_a_mistake_that_has_no_words_yet_is_named_all_the_same() -> None:
    class Example(BaseModel):
        picture: bytes

    problem = refused_by(Example, {"picture": 3})

    assert problem.failure.message == "picture is not valid"
    assert problem.field == "picture"


def test_what_is_no_document_at_all_is_named_by_what_it_should_be() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(dict[str, int]).validate_python(3)

    assert refusal(refused.value, "input").failure.message == "input must be a map"


def test_a_choice_that_is_true_or_false_is_said_in_json() -> None:
    with pytest.raises(RequestInvalid, match=r"^use_cloud_storage must be true$"):
        parse_job_input(JOB | {"use_cloud_storage": "yes"})
