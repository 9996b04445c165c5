from pathlib import Path

import pytest

from local.emulator_environment import client_environment, suite_environment
from local.emulator_jars import EmulatorJars
from local.emulator_log import loaded_functions, says_functions_failed, says_ready


@pytest.fixture
def ours(tmp_path: Path) -> dict[str, str]:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"21\"' >&2\n")
    java.chmod(0o755)
    return {"PATH": str(tmp_path), "HOME": "/home/user"}


def test_the_users_accounts_stay_out(ours: dict[str, str], tmp_path: Path) -> None:
    theirs = {"RUNPOD_API_KEY": "real", "GOOGLE_APPLICATION_CREDENTIALS": "/real.json", "FIREBASE_TOKEN": "real"}

    environment = suite_environment(ours | theirs, EmulatorJars(source="cache"), folder=tmp_path)

    assert not theirs.keys() & environment.keys()
    assert environment["HOME"] == "/home/user"


def test_the_folder_of_downloads_that_the_user_chose_is_kept(ours: dict[str, str], tmp_path: Path) -> None:
    ours["FIREBASE_EMULATORS_PATH"] = "/elsewhere"

    assert (
        suite_environment(ours, EmulatorJars(source="cache"), folder=tmp_path)["FIREBASE_EMULATORS_PATH"]
        == "/elsewhere"
    )


def test_the_jars_variables_are_passed_on(ours: dict[str, str], tmp_path: Path) -> None:
    jars = EmulatorJars(source="gcloud", environment={"FIRESTORE_EMULATOR_BINARY_PATH": "/x.jar"})

    assert suite_environment(ours, jars, folder=tmp_path)["FIRESTORE_EMULATOR_BINARY_PATH"] == "/x.jar"


def test_this_machine_is_never_reached_through_a_proxy(ours: dict[str, str], tmp_path: Path) -> None:
    ours["no_proxy"] = "intranet"

    environment = suite_environment(ours, EmulatorJars(source="cache"), folder=tmp_path)

    assert environment["NO_PROXY"] == environment["no_proxy"] == "intranet,127.0.0.1,localhost"


@pytest.mark.parametrize(("source", "kept"), [("cache", False), ("gcloud", False), ("download", True)])
def test_firebase_tools_hears_of_a_proxy_only_to_download(
    source: str, ours: dict[str, str], tmp_path: Path, *, kept: bool
) -> None:
    proxies = {"HTTP_PROXY": "http://p:1", "https_proxy": "http://p:2"}

    environment = suite_environment(ours | proxies, EmulatorJars(source=source), folder=tmp_path)

    assert (proxies.items() <= environment.items()) == kept
    assert (set(proxies) & environment.keys() == set()) != kept


def test_what_an_earlier_run_left_in_the_temporary_folder_is_gone(ours: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "hub-demo-safelight.json").touch()

    environment = suite_environment(ours, EmulatorJars(source="cache"), folder=tmp_path)

    assert environment["TMPDIR"] == str(tmp_path / "tmp")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_clients_are_told_each_emulator_s_address() -> None:
    environment = client_environment()

    assert environment["FIRESTORE_EMULATOR_HOST"] == "127.0.0.1:8080"
    assert environment["STORAGE_EMULATOR_HOST"] == "http://127.0.0.1:9199"


def test_the_functions_that_were_loaded_are_read_from_the_log() -> None:
    log = "i  functions: Watching\n✔  functions: Loaded functions definitions from source: sweep, on_created.\n"

    assert loaded_functions(log) == ["sweep", "on_created"]
    assert loaded_functions(log.replace("sweep, on_created", "")) == []
    assert loaded_functions("") == []


def test_functions_that_fail_do_not_keep_the_suite_from_saying_that_it_is_ready() -> None:
    log = "⬢  functions: Failed to load function definition from source: FirebaseError\n✔  All emulators ready!"

    assert says_ready(log)
    assert says_functions_failed(log)
