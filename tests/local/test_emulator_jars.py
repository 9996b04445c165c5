"""Where the emulators come from, and what is said where they come from nowhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local.emulator_jars import EmulatorJars, JarSources, find_emulator_jars
from local.errors import LocalError
from local.official_jars import OfficialJar, is_reachable, official_jars

JARS = [OfficialJar(url="https://host.invalid/a.jar", path="a.jar", size_bytes=5)]


def unreachable(_url: str) -> bool:
    return False


def sources(cache: Path, *, reach: Callable[[str], bool] = unreachable, sdk: Path | None = None) -> JarSources:
    return JarSources(official=lambda: JARS, cache=lambda: cache, is_reachable=reach, find_sdk=lambda: sdk)


def test_what_was_downloaded_before_is_used_without_asking_anybody(tmp_path: Path) -> None:
    (tmp_path / "a.jar").touch()

    def fail(_url: str) -> bool:
        raise AssertionError

    assert find_emulator_jars("auto", sources(tmp_path, reach=fail)) == EmulatorJars(source="cache")


def test_a_host_that_answers_is_downloaded_from(tmp_path: Path) -> None:
    jars = find_emulator_jars("auto", sources(tmp_path, reach=lambda _url: True))

    assert jars == EmulatorJars(source="download", download_bytes=5)


def test_download_does_not_ask_whether_it_can(tmp_path: Path) -> None:
    assert find_emulator_jars("download", sources(tmp_path)).source == "download"


def test_auto_without_host_and_sdk_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LocalError) as error:
        find_emulator_jars("auto", sources(tmp_path))

    assert "their download host cannot be reached" in str(error.value)
    assert "connect to the internet and try again, or gcloud components install" in str(error.value)


def test_auto_with_an_sdk_that_has_no_emulators_says_the_same(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="the Google Cloud SDK does not have them either"):
        find_emulator_jars("auto", sources(tmp_path, sdk=tmp_path))


def test_gcloud_without_an_sdk_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        LocalError, match="SAFELIGHT_EMULATOR_SOURCE is gcloud, but there is no Google Cloud SDK here"
    ):
        find_emulator_jars("gcloud", sources(tmp_path))


def test_gcloud_without_its_emulators_names_the_components(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="lacks the Firestore or the Pub/Sub emulator: gcloud components install"):
        find_emulator_jars("gcloud", sources(tmp_path, sdk=tmp_path))


def test_an_unknown_choice_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="is 'docker', but must be one of auto, download, gcloud"):
        find_emulator_jars("docker", sources(tmp_path))


def test_a_host_that_does_not_answer_is_not_waited_for() -> None:
    assert not is_reachable("http://127.0.0.1:9/nothing", timeout_seconds=2)


def test_the_list_of_firebase_tools_is_read(tmp_path: Path) -> None:
    listing = tmp_path / "list.json"
    listing.write_text("""{
        "firestore": {"remoteUrl": "u1", "expectedSize": 1, "downloadPathRelativeToCacheDir": "f.jar"},
        "pubsub": {"remoteUrl": "u2", "expectedSize": 2, "downloadPathRelativeToCacheDir": "p.zip",
            "binaryPathRelativeToCacheDir": "p/bin/run"},
        "storage": {"remoteUrl": "u3", "expectedSize": 3, "downloadPathRelativeToCacheDir": "s.jar"},
        "ui": {"main": {}}}""")

    assert [(jar.url, jar.path, jar.size_bytes) for jar in official_jars(listing)] == [
        ("u1", "f.jar", 1),
        ("u2", "p/bin/run", 2),
        ("u3", "s.jar", 3),
    ]
