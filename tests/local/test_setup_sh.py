"""setup.sh looks for a Python and a Node, and says in one sentence which is missing."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local.layout import LOCAL

Program = Callable[[Path, str], Path]

PYTHON_312 = 'case "$1" in -c) echo 3.12 ;; *) echo "ran $*" ;; esac'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The only folder on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path: Path, programs: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    script = tmp_path / "checkout" / "local" / "setup.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(LOCAL / "setup.sh", script)

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(script), *arguments],
            env={"PATH": str(programs)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def one_sentence(answer: subprocess.CompletedProcess[str]) -> str:
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.count("\n") == 1
    return answer.stderr


def test_no_python_at_all(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    sentence = one_sentence(run())

    assert "needs Python 3.11 or newer, but found none: install Python" in sentence


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.10"])
def test_an_old_python_is_named_with_its_version(
    version: str, run: Callable[..., subprocess.CompletedProcess[str]], programs: Path, program: Program
) -> None:
    program(programs / "python3", f"echo {version}")

    assert f"found python3 ({version}): install" in one_sentence(run())


def test_a_name_that_does_not_run_is_no_python(
    run: Callable[..., subprocess.CompletedProcess[str]], programs: Path, program: Program
) -> None:
    program(programs / "python3.13", "echo no such version >&2; exit 127")
    program(programs / "python3", "echo 3.10")

    assert "found python3 (3.10): install" in one_sentence(run())


def test_the_python_that_the_user_names_is_the_only_one_tried(
    run: Callable[..., subprocess.CompletedProcess[str]], programs: Path, program: Program
) -> None:
    program(programs / "python3", PYTHON_312)
    old = program(programs / "old python", "echo 3.8")

    assert f"$PYTHON names {old} (3.8): install" in one_sentence(run(PYTHON=str(old)))


def test_no_node(run: Callable[..., subprocess.CompletedProcess[str]], programs: Path, program: Program) -> None:
    program(programs / "python3", PYTHON_312)

    assert "needs Node 20 or newer with npm, but found no node: install Node 22" in one_sentence(run())


def test_node_18(run: Callable[..., subprocess.CompletedProcess[str]], programs: Path, program: Program) -> None:
    program(programs / "python3", PYTHON_312)
    program(programs / "node", "echo v18.19.1")

    assert "but found node v18.19.1: install Node 22" in one_sentence(run())


def test_node_without_npm(
    run: Callable[..., subprocess.CompletedProcess[str]], programs: Path, program: Program
) -> None:
    program(programs / "python3", PYTHON_312)
    program(programs / "node", "echo v22.1.0")

    assert "needs npm, but found only node v22.1.0" in one_sentence(run())


@pytest.mark.parametrize("version", ["3.11", "3.13", "3.20", "4.0"])
def test_with_both_it_hands_over_with_its_arguments(
    version: str, run: Callable[..., subprocess.CompletedProcess[str]], programs: Path, program: Program
) -> None:
    program(programs / "python3", PYTHON_312.replace("3.12", version))
    program(programs / "node", "echo v20.0.0")
    program(programs / "npm", "")

    answer = run("--tests")

    assert (answer.returncode, answer.stdout) == (0, "ran -m local.setup --tests\n")


def test_an_old_python_is_passed_over_for_a_newer_one(
    run: Callable[..., subprocess.CompletedProcess[str]], programs: Path, program: Program
) -> None:
    program(programs / "python3.11", "echo 3.10")
    program(programs / "python3", PYTHON_312)
    program(programs / "node", "echo v20.0.0")
    program(programs / "npm", "")

    assert run().returncode == 0
