import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from contracts.errors import RequestInvalid
from contracts.generation import Generation, same_moment
from contracts.paths import GenerationPath, MediaType
from contracts.runpod_job import (
    CloudJob,
    DirectJob,
    Outcome,
    RunPodJob,
    RunPodStatus,
    build_run_body,
    format_moment,
    parse_job_input,
    result,
)
from tests.contracts.catalogues import default_model
from tests.contracts.documents import CREATED_AT, DISPATCHED, IMAGE_PATH, QUEUED

MODEL = default_model(MediaType.IMAGES)
BODY = build_run_body(IMAGE_PATH, Generation.from_fields(DISPATCHED), MODEL)
CLOUD: dict[str, Any] = BODY["input"]
DIRECT: dict[str, Any] = {"use_cloud_storage": False, "prompt": "a red circle"}


def test_the_input_is_flat() -> None:
    assert CLOUD == {
        "user_id": "u1",
        "file_uid": "f1",
        "media_type": "images",
        "created_at": "2026-08-01T12:00:00.123456+00:00",
        "attempt": 1,
        "use_cloud_storage": True,
        "seed": 81723,
        "prompt": "a red circle on a blue background",
        "model": "safelight-image",
        "num_images": 1,
    }


def test_no_key_of_the_request_can_take_the_place_of_one_of_the_envelope() -> None:
    smuggled = QUEUED["request_data"] | {"user_id": "u2", "attempt": 9, "use_cloud_storage": False, "seed": 1}
    generation = Generation.from_fields(DISPATCHED | {"request_data": smuggled})

    assert build_run_body(IMAGE_PATH, generation, MODEL)["input"] == CLOUD


def test_the_ids_are_those_of_the_path() -> None:
    elsewhere = GenerationPath(user_id="u9", media_type=MediaType.VIDEOS, file_uid="f9")

    told = build_run_body(elsewhere, Generation.from_fields(DISPATCHED), MODEL)["input"]

    assert (told["user_id"], told["media_type"], told["file_uid"]) == ("u9", "videos", "f9")


def test_a_job_lives_longer_at_runpod_than_our_own_deadlines() -> None:
    deadlines = MODEL.deadlines_seconds.queued + MODEL.execution_timeout_seconds

    assert BODY["policy"]["executionTimeout"] == 300_000
    assert BODY["policy"]["ttl"] > deadlines * 1000


def test_runpod_is_given_the_webhook_that_it_is_to_call() -> None:
    url = "https://example.com/on_runpod_webhook/token.signature"

    assert build_run_body(IMAGE_PATH, Generation.from_fields(DISPATCHED), MODEL, url) == BODY | {"webhook": url}


def test_without_a_webhook_runpod_is_told_of_none() -> None:
    assert BODY.keys() == {"input", "policy"}


def test_a_request_can_name_no_webhook_and_no_policy_of_its_own() -> None:
    smuggled = QUEUED["request_data"] | {"webhook": "https://example.com/theirs", "policy": {"ttl": 1}}

    body = build_run_body(IMAGE_PATH, Generation.from_fields(DISPATCHED | {"request_data": smuggled}), MODEL)

    assert "webhook" not in body
    assert body["policy"] == BODY["policy"]


def test_the_worker_reads_what_the_function_wrote() -> None:
    job = parse_job_input(json.loads(json.dumps(BODY))["input"])

    assert isinstance(job, CloudJob)
    assert job.path == IMAGE_PATH
    assert same_moment(job.created_at, CREATED_AT)
    assert (job.attempt, job.seed) == (1, 81723)
    assert job.request_data == QUEUED["request_data"]


def test_a_job_without_firebase_needs_a_request_and_nothing_else() -> None:
    job = parse_job_input(DIRECT)

    assert isinstance(job, DirectJob)
    assert job.path == GenerationPath(user_id="direct", media_type=MediaType.IMAGES, file_uid="direct")
    assert job.seed is None
    assert job.request_data == {"prompt": "a red circle"}


def test_a_job_without_firebase_may_say_what_it_wants() -> None:
    job = parse_job_input(DIRECT | {"media_type": "videos", "seed": 5, "user_id": "me", "file_uid": "mine"})

    assert job.path == GenerationPath(user_id="me", media_type=MediaType.VIDEOS, file_uid="mine")
    assert job.seed == 5


@pytest.mark.parametrize("job_input", [None, "a prompt", 5, [], [CLOUD], True])
def test_an_input_that_is_no_object_is_refused(job_input: object) -> None:
    with pytest.raises(RequestInvalid, match=r"^input must be an object$") as refused:
        parse_job_input(job_input)

    assert refused.value.field == "input"


@pytest.mark.parametrize(
    "key", ["user_id", "file_uid", "media_type", "created_at", "attempt", "seed", "use_cloud_storage"]
)
def test_a_job_for_the_cloud_without_one_of_its_keys_is_refused(key: str) -> None:
    with pytest.raises(RequestInvalid, match=rf"^{key} is missing$") as refused:
        parse_job_input({name: value for name, value in CLOUD.items() if name != key})

    assert refused.value.field == key


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("user_id", 7, "user_id must be text"),
        ("user_id", None, "user_id must be text"),
        ("file_uid", ["f1"], "file_uid must be text"),
        ("media_type", "image", "media_type must be images or videos"),
        ("created_at", "yesterday", "created_at must be a time"),
        ("created_at", "2026-08-01", "created_at must be a time with its time zone"),
        ("created_at", "2026-08-01T12:00:00", "created_at must be a time with its time zone"),
        ("created_at", {}, "created_at must be a time"),
        ("attempt", 0, "attempt must be at least 1"),
        ("attempt", "1", "attempt must be a whole number"),
        ("attempt", True, "attempt must be a whole number"),
        ("attempt", 1.0, "attempt must be a whole number"),
        ("seed", None, "seed must be a whole number"),
        ("seed", -1, "seed must be at least 0"),
        ("seed", 2**53, "seed must be at most 9007199254740991"),
        ("use_cloud_storage", None, "use_cloud_storage must be true"),
        ("use_cloud_storage", "true", "use_cloud_storage must be true"),
        ("use_cloud_storage", 0, "use_cloud_storage must be true"),
    ],
)
def test_a_wrong_value_is_named_in_one_sentence(field: str, value: object, message: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        parse_job_input(CLOUD | {field: value})

    assert refused.value.failure.message == message
    assert refused.value.field == field


@pytest.mark.parametrize("seed", [-1, 2**53, 1.5, "1", True])
def test_a_wrong_seed_is_refused_without_firebase_too(seed: object) -> None:
    with pytest.raises(RequestInvalid, match=r"^seed must be "):
        parse_job_input(DIRECT | {"seed": seed})


@pytest.mark.parametrize("zone_hours", [0, 5, -8])
def test_a_moment_survives_its_journey_through_json(zone_hours: int) -> None:
    moment = datetime(2026, 8, 1, 12, 0, 0, 1, tzinfo=UTC).astimezone(timezone(timedelta(hours=zone_hours)))

    job = parse_job_input(CLOUD | {"created_at": format_moment(moment)})

    assert isinstance(job, CloudJob)
    assert same_moment(job.created_at, moment)


def test_a_whole_second_travels_with_its_microseconds() -> None:
    assert format_moment(datetime(2026, 8, 1, tzinfo=UTC)) == "2026-08-01T00:00:00.000000+00:00"


@pytest.mark.parametrize("outcome", Outcome)
def test_a_result_says_how_it_ended(outcome: Outcome) -> None:
    assert result(outcome, objects=["a"]) == {"outcome": outcome.value, "objects": ["a"]}
    json.dumps(result(outcome))


def test_a_result_never_has_the_key_that_the_sdk_takes_away() -> None:
    with pytest.raises(ValueError, match="top-level `error`"):
        result(Outcome.FAILED, error="x")


@pytest.mark.parametrize("status", RunPodStatus)
def test_runpod_does_no_more_about_what_it_has_ended(status: RunPodStatus) -> None:
    ended = {"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"}

    assert RunPodJob(status=status).is_over == (status in ended)


def test_every_state_of_runpods_documentation_is_known_by_its_name() -> None:
    documented = ["IN_QUEUE", "IN_PROGRESS", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"]

    assert [status.value for status in RunPodStatus] == documented
    assert [RunPodStatus(name).name for name in documented] == documented


@pytest.mark.parametrize("name", ["", "completed", "DONE", "IN_QUEUE "])
def test_a_state_that_runpod_does_not_have_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid RunPodStatus"):
        RunPodStatus(name)


def test_a_job_that_brought_nothing_has_no_output() -> None:
    assert RunPodJob(status=RunPodStatus.COMPLETED).output is None
