from pathlib import Path

from local.stamp import stamp_of


def test_a_step_is_done_only_once_its_stamp_is_written(tmp_path: Path) -> None:
    stamp = stamp_of("step", "input", folder=tmp_path)
    assert not stamp.is_current()

    stamp.write()

    assert stamp_of("step", "input", folder=tmp_path).is_current()


def test_other_inputs_make_another_stamp(tmp_path: Path) -> None:
    stamp_of("step", "a", "bc", folder=tmp_path).write()

    assert not stamp_of("step", "ab", "c", folder=tmp_path).is_current()


def test_a_file_counts_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("one==1\n")
    stamp_of("step", file, folder=tmp_path).write()

    file.write_text("one==2\n")

    assert not stamp_of("step", file, folder=tmp_path).is_current()


def test_a_file_that_is_missing_is_an_input_too(tmp_path: Path) -> None:
    stamp_of("step", tmp_path / "absent", folder=tmp_path).write()

    (tmp_path / "absent").touch()

    assert not stamp_of("step", tmp_path / "absent", folder=tmp_path).is_current()


def test_a_removed_stamp_is_forgotten(tmp_path: Path) -> None:
    stamp = stamp_of("step", "input", folder=tmp_path)
    stamp.write()

    stamp.remove()
    stamp.remove()

    assert not stamp.is_current()
