"""Each setting that is missing has a sentence of its own that says what to do."""

import sys
from types import SimpleNamespace

import pytest

from adapters.catalogue_file import CatalogueInvalid
from contracts.moderation import Blocklist, allow_everything
from triggers import wiring
from triggers.settings import Settings, SettingsInvalid

SECRET = "a-secret-key"
WEBHOOK_SECRET = "0123456789abcdef" * 2
GOOD = {
    "FIREBASE_CONFIG": '{"projectId": "my-app", "storageBucket": "my-app.firebasestorage.app"}',
    "RUNPOD_BASE_URL": "https://api.runpod.ai/v2",
    "RUNPOD_ENDPOINT_ID": "abc",
    "RUNPOD_API_KEY": SECRET,
    "RUNPOD_WEBHOOK_SECRET": WEBHOOK_SECRET,
}


def test_a_complete_environment_is_read() -> None:
    settings = Settings.from_environment(GOOD)

    assert settings == Settings(
        project_id="my-app",
        bucket="my-app.firebasestorage.app",
        runpod_base_url="https://api.runpod.ai/v2",
        runpod_endpoint_id="abc",
        runpod_api_key=SECRET,
        storage_emulator=None,
        webhook_url="",
        webhook_secret=WEBHOOK_SECRET,
        input_check="adapters.blocklist_file:load_blocklist",
    )


@pytest.mark.parametrize("value", ["contracts.paths:MediaTyp", "no name", "a.module.that.is.not.there:factory"])
def test_functions_whose_input_check_cannot_be_had_call_the_operator(
    value: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, usual in (GOOD | {"SAFELIGHT_INPUT_CHECK": value}).items():
        monkeypatch.setenv(name, usual)

    with pytest.raises(SettingsInvalid, match=r"^SAFELIGHT_INPUT_CHECK is "):
        wiring.outside()

    (record,) = caplog.records
    assert (record.message, vars(record)["code"]) == ("operator_needed", "settings_invalid")


def test_functions_check_by_the_blocklist_unless_another_check_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.from_environment(GOOD | {"SAFELIGHT_INPUT_CHECK": ""})
    usual = wiring._plugged_in(settings)

    assert isinstance(usual, Blocklist)
    another = Settings.from_environment(GOOD | {"SAFELIGHT_INPUT_CHECK": f"{__name__}:another_check"})
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(another_check=lambda: allow_everything))
    assert wiring._plugged_in(another) is allow_everything


def test_the_webhook_has_an_address_where_one_is_given() -> None:
    settings = Settings.from_environment(GOOD | {"RUNPOD_WEBHOOK_URL": "https://a/on_runpod_webhook"})

    assert settings.webhook_url == "https://a/on_runpod_webhook"


def test_the_storage_emulator_is_known_by_its_variable() -> None:
    settings = Settings.from_environment(GOOD | {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:9199"})

    assert settings.storage_emulator == "http://127.0.0.1:9199"


NO_SECRET = (
    "a webhook's secret must have at least 32 characters; "
    "run: openssl rand -hex 32 | firebase functions:secrets:set RUNPOD_WEBHOOK_SECRET"
)


def test_a_short_secret_is_none() -> None:
    with pytest.raises(SettingsInvalid, match="at least 32 characters"):
        Settings.from_environment(GOOD | {"RUNPOD_WEBHOOK_SECRET": "x" * 31})


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"FIREBASE_CONFIG": "{}"}, "FIREBASE_CONFIG has no projectId"),
        ({"FIREBASE_CONFIG": '{"projectId": "my-app"}'}, "FIREBASE_CONFIG has no storageBucket: enable Storage"),
        ({"RUNPOD_BASE_URL": ""}, "set RUNPOD_BASE_URL in triggers/.env.<project>"),
        ({"RUNPOD_ENDPOINT_ID": ""}, "set RUNPOD_ENDPOINT_ID in triggers/.env.<project>"),
        ({"RUNPOD_API_KEY": ""}, "run: firebase functions:secrets:set RUNPOD_API_KEY"),
        ({"RUNPOD_WEBHOOK_SECRET": ""}, NO_SECRET),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_missing_is_named_with_what_to_do(changed: dict[str, str], sentence: str) -> None:
    (name,) = changed
    without = {key: value for key, value in GOOD.items() if key != name}

    with pytest.raises(SettingsInvalid) as empty:
        Settings.from_environment(GOOD | changed)
    assert str(empty.value) == sentence
    if name != "FIREBASE_CONFIG":
        with pytest.raises(SettingsInvalid) as missing:
            Settings.from_environment(without)
        assert str(missing.value) == sentence


@pytest.mark.parametrize("secret", [SECRET, WEBHOOK_SECRET], ids=["key", "webhook"])
def test_no_secret_is_in_a_printed_form(secret: str) -> None:
    settings = Settings.from_environment(GOOD)

    assert secret not in repr(settings)
    assert secret not in str(settings)


def test_functions_whose_catalogue_is_broken_call_the_operator(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise CatalogueInvalid("catalogue.toml is no catalogue of models: sdxl.id: wrong.")

    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(wiring, "load_catalogue", broken)

    with pytest.raises(SettingsInvalid, match=r"sdxl\.id: wrong"):
        wiring.outside()

    assert [vars(record)["code"] for record in caplog.records] == ["settings_invalid"]


def test_functions_that_cannot_read_their_settings_call_the_operator(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FIREBASE_CONFIG", "{}")

    with pytest.raises(SettingsInvalid) as invalid:
        wiring.outside()

    (record,) = caplog.records
    assert (record.levelname, record.message) == ("CRITICAL", "operator_needed")
    assert (vars(record)["code"], vars(record)["what"]) == ("settings_invalid", str(invalid.value))
