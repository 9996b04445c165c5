"""Every variable, missing or broken, has a sentence of its own that says what to do."""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from adapters.object_urls import ObjectUrls
from local.service_account import emulator_service_account
from worker.cannot_start import SettingsInvalid
from worker.preset import Preset
from worker.settings import BUCKET, KEY, MODELS_FOLDER, Settings

PROJECT = "my-app"
GOOD_KEY = emulator_service_account(PROJECT)
GOOD = {KEY: GOOD_KEY, BUCKET: "my-app.firebasestorage.app"}


def key_with(**changed: object) -> str:
    """The good key with some of its fields changed; None takes one away."""
    fields = json.loads(GOOD_KEY) | changed
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def encrypted_private_key() -> str:
    """The good key's private key behind a password."""
    private_key = serialization.load_pem_private_key(json.loads(GOOD_KEY)["private_key"].encode(), None)
    encryption = serialization.BestAvailableEncryption(b"password")
    return private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


def refusal_of(environment: Mapping[str, str]) -> str:
    """The sentence with which an environment is refused."""
    with pytest.raises(SettingsInvalid) as refused:
        Settings.from_environment(environment)
    return str(refused.value)


def test_both_variables_are_all_that_a_worker_needs() -> None:
    settings = Settings.from_environment(GOOD)

    assert settings.firebase is not None
    assert settings.firebase.project_id == PROJECT
    assert settings.firebase.bucket == "my-app.firebasestorage.app"
    assert settings.firebase.object_urls is ObjectUrls.DOWNLOAD
    assert settings.firebase.storage_emulator is None
    assert settings.firebase.credentials.service_account_email == "worker@my-app.iam.gserviceaccount.com"
    assert settings.models == ()
    assert settings.models_folder == MODELS_FOLDER


@pytest.mark.parametrize("environment", [{}, {KEY: "", BUCKET: ""}], ids=["not set", "empty"])
def test_a_worker_with_neither_serves_direct_jobs_only(environment: dict[str, str]) -> None:
    assert Settings.from_environment(environment).firebase is None


@pytest.mark.parametrize(
    "bucket", ["my-app.firebasestorage.app", "my-app.appspot.com", "a-bucket-of-its-own", "pictures.example.com"]
)
def test_a_bucket_of_the_project_or_of_any_other_name_is_taken(bucket: str) -> None:
    firebase = Settings.from_environment(GOOD | {BUCKET: bucket}).firebase

    assert firebase is not None
    assert firebase.bucket == bucket


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        pytest.param(
            {BUCKET: "my-app.appspot.com"},
            "FIREBASE_SERVICE_ACCOUNT_KEY is not set. Set it to the whole JSON of a service account key: Firebase "
            "console, Project settings, Service accounts, Generate new private key.",
            id="only the bucket",
        ),
        pytest.param(
            {KEY: GOOD_KEY},
            "FIREBASE_STORAGE_BUCKET is not set. Set it to the bucket's name, such as my-app.firebasestorage.app.",
            id="only the key",
        ),
        pytest.param(
            GOOD | {BUCKET: "other.appspot.com"},
            "FIREBASE_SERVICE_ACCOUNT_KEY is for the project my-app, but FIREBASE_STORAGE_BUCKET is "
            "other.appspot.com, the bucket of another one. Set both from the same project.",
            id="another project's bucket",
        ),
        pytest.param(
            GOOD | {BUCKET: "my-app-2.firebasestorage.app"},
            "FIREBASE_SERVICE_ACCOUNT_KEY is for the project my-app, but FIREBASE_STORAGE_BUCKET is "
            "my-app-2.firebasestorage.app, the bucket of another one. Set both from the same project.",
            id="the bucket of a project whose name begins alike",
        ),
        pytest.param(
            GOOD | {"SAFELIGHT_OBJECT_URLS": "private"},
            "SAFELIGHT_OBJECT_URLS is private; it can be download, signed, public.",
            id="unknown kind of URL",
        ),
    ],
)
def test_each_variable_that_is_missing_or_contradicts_another(environment: dict[str, str], sentence: str) -> None:
    assert refusal_of(environment) == sentence


@pytest.mark.parametrize(
    ("key", "begins"),
    [
        pytest.param("/secrets/key.json", "FIREBASE_SERVICE_ACCOUNT_KEY is not JSON. Set it to the", id="a path"),
        pytest.param(GOOD_KEY[:-2], "FIREBASE_SERVICE_ACCOUNT_KEY is not JSON. Set it to the", id="cut off"),
        pytest.param(" ", "FIREBASE_SERVICE_ACCOUNT_KEY is not JSON. Set it to the", id="blank"),
        pytest.param(
            GOOD_KEY.replace('"', ""), "FIREBASE_SERVICE_ACCOUNT_KEY is not JSON", id="quotes eaten by a shell"
        ),
        pytest.param("[]", "FIREBASE_SERVICE_ACCOUNT_KEY is JSON, but no service account key", id="a list"),
        pytest.param("{}", "FIREBASE_SERVICE_ACCOUNT_KEY is JSON, but no service account key", id="empty"),
        pytest.param(
            key_with(project_id=5),
            "FIREBASE_SERVICE_ACCOUNT_KEY is JSON, but no service",
            id="project_id a number",
        ),
        pytest.param(
            key_with(project_id=""), "FIREBASE_SERVICE_ACCOUNT_KEY is JSON, but no service", id="project_id empty"
        ),
        pytest.param(
            key_with(private_key=None),
            "FIREBASE_SERVICE_ACCOUNT_KEY is no complete service account key: its private_key",
            id="no private_key",
        ),
        pytest.param(
            key_with(client_email=None),
            "FIREBASE_SERVICE_ACCOUNT_KEY is no complete service account key: its private_key",
            id="no client_email",
        ),
        pytest.param(
            key_with(token_uri=None),
            "FIREBASE_SERVICE_ACCOUNT_KEY is no complete service account key: its private_key",
            id="no token_uri",
        ),
        pytest.param(
            key_with(private_key=json.loads(GOOD_KEY)["private_key"][:400]),
            "FIREBASE_SERVICE_ACCOUNT_KEY is no complete service account key: its private_key",
            id="private_key cut off",
        ),
        pytest.param(
            key_with(private_key=json.loads(GOOD_KEY)["private_key"].replace("\n", "\\n")),
            "FIREBASE_SERVICE_ACCOUNT_KEY is no complete service account key: its private_key",
            id="private_key escaped twice",
        ),
        pytest.param(
            key_with(private_key=encrypted_private_key()),
            "FIREBASE_SERVICE_ACCOUNT_KEY is no complete service account key: its private_key",
            id="private_key behind a password",
        ),
    ],
)
def test_a_broken_key_is_refused_without_repeating_any_of_it(key: str, begins: str) -> None:
    sentence = refusal_of(GOOD | {KEY: key})

    assert sentence.startswith(begins)
    assert "PRIVATE KEY-----" not in sentence
    assert "/secrets" not in sentence


@pytest.mark.parametrize(
    "bucket",
    [
        pytest.param("gs://my-app.appspot.com", id="with its scheme"),
        pytest.param("gs://other.appspot.com", id="another one's, with its scheme"),
        pytest.param("my-app.appspot.com/pictures", id="with a path"),
        pytest.param("my-app.appspot.com/", id="with a slash"),
        pytest.param("my-app.appspot.com\n", id="with the end of a line"),
        pytest.param("My-App.appspot.com", id="with capitals"),
        pytest.param(GOOD_KEY, id="the key"),
    ],
)
def test_a_bucket_that_is_no_name_is_refused_and_not_repeated(bucket: str) -> None:
    sentence = refusal_of(GOOD | {BUCKET: bucket})

    assert sentence == (
        "FIREBASE_STORAGE_BUCKET is no bucket's name. Set it to the bare name, such as "
        "my-app.firebasestorage.app, without gs://, a path or spaces."
    )


def test_the_settings_can_be_printed_without_the_key() -> None:
    shown = repr(Settings.from_environment(GOOD))

    assert "my-app.firebasestorage.app" in shown
    assert "Credentials" not in shown
    assert "PRIVATE KEY" not in shown


def test_the_storage_emulator_and_the_kind_of_url_are_passed_on() -> None:
    environment = GOOD | {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:9199", "SAFELIGHT_OBJECT_URLS": "signed"}

    firebase = Settings.from_environment(environment).firebase

    assert firebase is not None
    assert firebase.storage_emulator == "http://127.0.0.1:9199"
    assert firebase.object_urls is ObjectUrls.SIGNED


@pytest.mark.parametrize(
    ("models", "ids"),
    [
        ("safelight-image", ("safelight-image",)),
        (" safelight-image , safelight-video,", ("safelight-image", "safelight-video")),
        (" , ", ()),
    ],
    ids=["one", "two with spaces", "none"],
)
def test_the_models_are_a_list_with_commas(models: str, ids: tuple[str, ...]) -> None:
    assert Settings.from_environment({"SAFELIGHT_MODELS": models}).models == ids


@pytest.mark.parametrize(
    ("folder", "read"),
    [("/models", Path("/models")), ("", MODELS_FOLDER)],
    ids=["set", "empty"],
)
def test_the_models_folder_is_ours_unless_another_is_named(folder: str, read: Path) -> None:
    assert Settings.from_environment({"SAFELIGHT_MODELS_FOLDER": folder}).models_folder == read


def test_nothing_is_kept_and_no_picture_is_changed_unless_asked_for() -> None:
    settings = Settings.from_environment({"SAFELIGHT_COMPILE_CACHE": "", "SAFELIGHT_LOSSY": " , "})

    assert settings.compile_cache is None
    assert settings.lossy == frozenset()


def test_the_compile_cache_is_a_folder() -> None:
    assert Settings.from_environment({"SAFELIGHT_COMPILE_CACHE": "/compiled"}).compile_cache == Path("/compiled")


def test_lossy_presets_are_a_list_with_commas() -> None:
    assert Settings.from_environment({"SAFELIGHT_LOSSY": " step-cache,"}).lossy == {Preset.STEP_CACHE}


def test_an_unknown_lossy_preset_is_refused() -> None:
    assert refusal_of({"SAFELIGHT_LOSSY": "step-cache,int4"}) == (
        "SAFELIGHT_LOSSY names int4; it can be fp8, step-cache, with commas between them. "
        "Leave it out, and no picture is changed to be faster."
    )


@pytest.mark.skipif(importlib.util.find_spec("torchao") is not None, reason="torchao is installed")
def test_a_preset_whose_library_is_missing_is_refused_before_anything_is_loaded() -> None:
    assert refusal_of({"SAFELIGHT_LOSSY": "fp8"}) == (
        "SAFELIGHT_LOSSY has fp8, and torchao is not installed. Add it to the worker's image "
        "(pip install torchao==0.18.0), or leave it out."
    )
