"""The SDK's emulators are started through small files of our own; the SDK's files are left alone."""

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from local.errors import LocalError
from local.gcloud_jars import gcloud_jars_environment, has_emulators
from local.gcloud_sdk import FIRESTORE_JAR, PUBSUB_PROGRAM, find_gcloud_sdk

Program = Callable[[Path, str], Path]


@pytest.fixture
def sdk(tmp_path: Path, program: Program) -> Path:
    root = tmp_path / "google cloud sdk"
    (root / FIRESTORE_JAR).parent.mkdir(parents=True)
    (root / FIRESTORE_JAR).touch(mode=0o444)
    program(root / PUBSUB_PROGRAM, 'echo "pubsub $*"').chmod(0o555)
    return root


def with_javac(monkeypatch: pytest.MonkeyPatch, folder: Path, program: Program, script: str) -> None:
    program(folder / "javac", script)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_each_variable_names_a_file_of_ours(
    sdk: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_javac(monkeypatch, tmp_path / "jdk", program, "exit 0")

    environment = gcloud_jars_environment(sdk, folder=tmp_path / "emulators")

    assert set(environment) == {f"{name}_EMULATOR_BINARY_PATH" for name in ("FIRESTORE", "PUBSUB", "STORAGE")}
    assert all(Path(path).parent == tmp_path / "emulators" for path in environment.values())
    assert (sdk / FIRESTORE_JAR).stat().st_mode & 0o777 == 0o444
    assert (sdk / PUBSUB_PROGRAM).stat().st_mode & 0o777 == 0o555


def test_the_pubsub_script_passes_its_arguments_on(
    sdk: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_javac(monkeypatch, tmp_path / "jdk", program, "exit 0")
    script = gcloud_jars_environment(sdk, folder=tmp_path / "emulators")["PUBSUB_EMULATOR_BINARY_PATH"]

    answer = subprocess.run([script, "--port=8085"], capture_output=True, text=True, check=True)

    assert answer.stdout == "pubsub --port=8085\n"


def test_the_rules_runtime_is_compiled_once(
    sdk: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    with_javac(monkeypatch, tmp_path / "jdk", program, f"echo called >> '{calls}'")

    gcloud_jars_environment(sdk, folder=tmp_path / "emulators")
    gcloud_jars_environment(sdk, folder=tmp_path / "emulators")

    assert calls.read_text() == "called\n"


def test_a_compilation_that_fails_is_said_and_tried_again(
    sdk: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    with_javac(monkeypatch, tmp_path / "jdk", program, f"echo called >> '{calls}'; echo no such class; exit 1")

    for _ in range(2):
        with pytest.raises(LocalError, match="does not compile against this Google Cloud SDK"):
            gcloud_jars_environment(sdk, folder=tmp_path / "emulators")

    assert calls.read_text() == "called\ncalled\n"


def test_the_firestore_jar_names_its_class_and_the_sdk_s_jar(
    sdk: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_javac(monkeypatch, tmp_path / "jdk", program, "exit 0")
    jar = gcloud_jars_environment(sdk, folder=tmp_path / "emulators")["FIRESTORE_EMULATOR_BINARY_PATH"]

    manifest = zipfile.ZipFile(jar).read("META-INF/MANIFEST.MF").decode()

    assert all(len(line) <= 72 for line in manifest.split("\r\n"))
    headers = manifest.replace("\r\n ", "")
    assert "Main-Class: com.google.cloud.datastore.emulator.firestore.CloudFirestore\r\n" in headers
    assert f"Class-Path: {(sdk / FIRESTORE_JAR).as_uri()}\r\n\r\n" in headers


def test_the_sdk_that_the_user_names_is_taken(sdk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDSDK_ROOT", str(sdk))

    assert find_gcloud_sdk() == sdk
    assert has_emulators(sdk)


def test_an_sdk_without_pubsub_does_not_do(sdk: Path) -> None:
    (sdk / PUBSUB_PROGRAM).unlink()

    assert not has_emulators(sdk)
