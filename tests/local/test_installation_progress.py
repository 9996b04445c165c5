import json
from pathlib import Path

from local.node_packages import is_installed
from local.virtual_environment import PipProgress


def test_pip_has_done_half_when_all_is_fetched() -> None:
    progress = PipProgress(expected=4)

    assert progress("Collecting a==1\n").fraction == 0.125
    text = "Collecting a==1\nCollecting b\n  Downloading b.whl\nRequirement already satisfied: c in x\n"
    text += "Collecting d (from a)\n"
    assert progress(text).fraction == 0.5
    assert progress(text + "Installing collected packages: a, b, d\n").fraction == 0.5


def test_pip_s_download_is_said_in_megabytes() -> None:
    text = "Collecting torch\n  Downloading torch-2.13.0-cp311.whl (190.0 MB)\nProgress 5000000 of 190000000\n"

    assert PipProgress(expected=0)(text) == (None, "downloading torch: 5 of 190 MB")


def test_pip_s_warnings_are_for_the_log() -> None:
    assert PipProgress(expected=0)("Collecting torch\nWARNING: something\n").detail == "Collecting torch"


def lock(path: Path, packages: dict[str, dict[str, object]]) -> Path:
    path.write_text(json.dumps({"packages": packages}))
    return path


def test_node_packages_are_there_when_npm_recorded_each_at_its_version(tmp_path: Path) -> None:
    wanted = lock(
        tmp_path / "wanted",
        {"": {}, "node_modules/a": {"version": "1"}, "node_modules/b": {"version": "2", "optional": True}},
    )

    assert is_installed(wanted, lock(tmp_path / "same", {"node_modules/a": {"version": "1"}}))
    assert not is_installed(wanted, lock(tmp_path / "other", {"node_modules/a": {"version": "3"}}))
    assert not is_installed(wanted, lock(tmp_path / "none", {}))
    assert not is_installed(wanted, tmp_path / "absent")
