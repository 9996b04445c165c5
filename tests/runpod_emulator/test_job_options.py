"""What a client may ask for beside the input, and what it may not."""

import pytest

from runpod_emulator.errors import MalformedBodyError
from runpod_emulator.job_options import Policy, read_options
from runpod_emulator.settings import Settings

SETTINGS = Settings()


def test_nothing_means_the_documented_defaults() -> None:
    options = read_options({"input": 1, "policy": None, "webhook": None, "s3Config": None}, SETTINGS)

    assert options.policy == Policy(execution_timeout_seconds=600.0, ttl_seconds=86400.0, low_priority=False)
    assert (options.webhook, options.s3_config, options.is_sync) == (None, None, False)


def test_a_policy_is_in_milliseconds() -> None:
    body = {"policy": {"executionTimeout": 900_000, "ttl": 3_600_000.0, "lowPriority": True, "other": "x"}}

    assert read_options(body, SETTINGS).policy == Policy(
        execution_timeout_seconds=900.0, ttl_seconds=3600.0, low_priority=True
    )


@pytest.mark.parametrize(
    "policy",
    [
        [],
        "x",
        1,
        True,
        {"ttl": 9_999},
        {"ttl": 0},
        {"ttl": -1},
        {"ttl": True},
        {"ttl": "20000"},
        {"ttl": 604_800_001},
        {"ttl": 10**400},
        {"ttl": [1]},
        {"executionTimeout": 4_999},
        {"executionTimeout": -5_000},
        {"executionTimeout": False},
        {"lowPriority": 1},
        {"lowPriority": "true"},
    ],
)
def test_a_policy_that_is_none_is_refused(policy: object) -> None:
    with pytest.raises(MalformedBodyError, match="policy"):
        read_options({"policy": policy}, SETTINGS)


def test_a_limit_out_of_range_is_clamped_where_the_switch_says_so() -> None:
    body = {"policy": {"executionTimeout": 1, "ttl": 10**400}}

    policy = read_options(body, Settings(policy_out_of_range="clamp")).policy

    assert (policy.execution_timeout_seconds, policy.ttl_seconds) == (5.0, 604_800.0)


@pytest.mark.parametrize("webhook", ["http://127.0.0.1:1/x?secret=1", "https://example.com", "http://[::1]:8/"])
def test_a_webhook_is_a_url(webhook: str) -> None:
    assert read_options({"webhook": webhook}, SETTINGS).webhook == webhook


@pytest.mark.parametrize(
    "webhook",
    ["ftp://example.com", "file:///etc/passwd", "example.com", "http://", "http://x:99999/", "http://[", 1, [],
     "\ud800", "http://x/" + "x" * 10_000, "http://\ud800.com/"],
)  # fmt: skip
def test_what_is_no_url_is_no_webhook(webhook: object) -> None:
    with pytest.raises(MalformedBodyError, match="webhook"):
        read_options({"webhook": webhook}, SETTINGS)


def test_a_bucket_is_an_object() -> None:
    assert read_options({"s3Config": {"accessId": "a"}}, SETTINGS).s3_config == {"accessId": "a"}
    with pytest.raises(MalformedBodyError, match="s3Config"):
        read_options({"s3Config": "a"}, SETTINGS)
