from collections.abc import Callable
from pathlib import Path

import pytest

from local.errors import LocalError
from local.java import java_environment, java_major

Program = Callable[[Path, str], Path]


def says(version: str) -> str:
    return f"echo 'openjdk version \"{version}\" 2025-07-15' >&2"


@pytest.fixture
def bundled(tmp_path: Path, program: Program) -> Path:
    program(tmp_path / "bundled" / "bin" / "java", says("21.0.8"))
    return tmp_path / "bundled"


@pytest.mark.parametrize(("version", "major"), [("21.0.8", 21), ("25-ea", 25), ("1.8.0_392", 1), ("17", 17)])
def test_the_major_version_is_read(version: str, major: int, tmp_path: Path, program: Program) -> None:
    assert java_major(str(program(tmp_path / "java", says(version)))) == major


def test_a_stub_that_only_says_where_to_get_java_is_no_java(tmp_path: Path, program: Program) -> None:
    stub = program(tmp_path / "java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")

    assert java_major(str(stub)) == 0


def test_a_new_java_on_the_path_needs_nothing(tmp_path: Path, bundled: Path, program: Program) -> None:
    program(tmp_path / "java", says("21.0.1"))

    assert java_environment({"PATH": str(tmp_path)}, bundled=bundled) == {}


def test_an_old_java_on_the_path_gives_way_to_the_bundled_one(
    tmp_path: Path, bundled: Path, program: Program
) -> None:
    program(tmp_path / "java", says("17.0.15"))

    additions = java_environment({"PATH": str(tmp_path)}, bundled=bundled)

    assert additions == {"JAVA_HOME": str(bundled), "PATH": f"{bundled}/bin:{tmp_path}"}


def test_a_new_java_home_comes_before_the_path(tmp_path: Path, bundled: Path, program: Program) -> None:
    program(tmp_path / "home" / "bin" / "java", says("23"))
    program(tmp_path / "java", says("17.0.15"))
    home = str(tmp_path / "home")

    additions = java_environment({"PATH": str(tmp_path), "JAVA_HOME": home}, bundled=bundled)

    assert additions == {"JAVA_HOME": home, "PATH": f"{home}/bin:{tmp_path}"}


def test_an_old_java_home_is_passed_over(tmp_path: Path, bundled: Path, program: Program) -> None:
    program(tmp_path / "home" / "bin" / "java", says("11"))

    additions = java_environment({"PATH": "", "JAVA_HOME": str(tmp_path / "home")}, bundled=bundled)

    assert additions["JAVA_HOME"] == str(bundled)


def test_without_any_the_sentence_names_what_was_found(tmp_path: Path, program: Program) -> None:
    program(tmp_path / "java", says("17.0.15"))

    with pytest.raises(LocalError, match=r"need Java 21 or newer, but found Java 17: run sh local/setup\.sh"):
        java_environment({"PATH": str(tmp_path)}, bundled=tmp_path / "absent")
