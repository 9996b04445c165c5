"""The stand-ins for trained models."""

import hashlib
import sys
from pathlib import Path

import pytest

from models.random_weights import main
from tests.models.built import build_models

pytestmark = pytest.mark.filterwarnings("ignore")  # as the Makefile has it: the libraries warn about each other


def files_below(folder: Path) -> dict[str, str]:
    """Each file's path below the folder, and the checksum of its content."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def by_another_process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("rebuilt")
    build_models(folder)
    return folder


@pytest.fixture
def rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "argv", ["random_weights", str(tmp_path)])
    assert main() == 0
    return tmp_path


def test_the_same_seed_gives_the_same_bytes(by_another_process: Path, rebuilt: Path) -> None:
    files = files_below(rebuilt)

    assert files == files_below(by_another_process)
    assert len([name for name in files if name.endswith(".safetensors")]) == 6


def test_nothing_but_safetensors_holds_weights(by_another_process: Path) -> None:
    assert {Path(name).suffix for name in files_below(by_another_process)} == {".json", ".safetensors"}


def test_what_is_there_already_is_left_alone(rebuilt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = rebuilt / "safelight-image" / "unet" / "config.json"
    kept.write_text("{}")
    capsys.readouterr()

    assert main() == 0
    assert capsys.readouterr().out == ""
    assert kept.read_text() == "{}"


def test_a_build_that_was_broken_off_is_done_again(rebuilt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_below(rebuilt)
    (rebuilt / "safelight-image" / "model_index.json").unlink()  # it is written last
    capsys.readouterr()

    assert main() == 0
    assert capsys.readouterr().out == "built safelight-image with random weights\n"
    assert files_below(rebuilt) == before
