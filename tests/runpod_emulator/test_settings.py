"""Limits and switches, and how they are said on the command line."""

from dataclasses import fields
from pathlib import Path

import pytest

from runpod_emulator.fault_rules import Fault
from runpod_emulator.settings import MAY_BE_ZERO, WORDS, Settings
from tests.runpod_emulator.processes import REPOSITORY

README = Path(REPOSITORY, "runpod_emulator", "README.md").read_text(encoding="utf-8")


def test_every_setting_can_be_read_from_text() -> None:
    assert Settings().with_text("max_losses", "3").max_losses == 3
    assert Settings().with_text("lost_after_seconds", "2.5").lost_after_seconds == 2.5
    assert Settings().with_text("rate_limits", "False").rate_limits is False
    assert Settings().with_text("ttl_expiry", "time_out").ttl_expiry == "time_out"
    for field in fields(Settings):
        assert Settings().with_text(field.name, str(field.default)) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("nothing", "1", "there is no setting nothing"),
        ("max_losses", "x", "max_losses must be a whole number"),
        ("max_losses", "1.5", "max_losses must be a whole number"),
        ("max_losses", "-1", "max_losses must be 0 or more"),
        ("ttl_seconds", "0", "ttl_seconds must be above 0"),
        ("ttl_seconds", "nan", "ttl_seconds must be above 0"),
        ("ttl_seconds", "inf", "ttl_seconds must be above 0"),
        ("ttl_seconds", "x", "ttl_seconds must be a number"),
        ("rate_limits", "1", "rate_limits must be true or false"),
        ("ttl_expiry", "x", "ttl_expiry must be one of delete, time_out"),
        ("hold_seconds", "30", "hold_seconds must be above 0 and below 30"),
        ("api_key", "", "must not be empty"),
    ],
)
def test_what_is_no_value_is_refused_in_one_sentence(name: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Settings().with_text(name, text)


def test_what_is_said_of_settings_is_said_of_settings_that_are_there() -> None:
    names = {field.name for field in fields(Settings)}

    assert names >= MAY_BE_ZERO
    assert names >= WORDS.keys()
    assert all(f"{name}:" in (Settings.__doc__ or "") for name in names)


def test_the_readme_names_every_switch_and_every_fault() -> None:
    switches = {field.name for field in fields(Settings)} - {"endpoint_id", "api_key"}

    assert [name for name in switches if f"`{name}`" not in README] == []
    assert [fault for fault in Fault if f"`{fault}`" not in README] == []
