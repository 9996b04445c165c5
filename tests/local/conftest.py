"""A checkout without its packages, and programs that only pretend."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.layout import ROOT

FAKE_PYTHON = """
case "$*" in
    "-I -S -c"*) exit 0 ;;
    "-m pip"*) echo "pip $*" >> "$CALLS"
        echo "Collecting diffusers==0.42.1"; echo "$PIP_SAYS"
        case "$*" in *"$PIP_FAILS_ON"*) exit 1 ;; esac ;;
esac
"""
FAKE_NPM = """
echo "npm $*" >> "$CALLS"
[ -z "$NPM_FAILS" ] || exit 1
cp package-lock.json node_modules/.package-lock.json
"""
FAKE_JAVA = 'echo "openjdk version \\"21.0.8\\"" >&2'


def write_program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@dataclass
class Checkout:
    """A copy of what the set-up reads, with a pretended pip and npm."""

    root: Path
    environment: dict[str, str]

    @property
    def calls(self) -> list[str]:
        """What pip and npm were asked to do since this was last read."""
        file = Path(self.environment["CALLS"])
        calls = [" ".join(line.split()[:6]) for line in file.read_text().splitlines()] if file.exists() else []
        file.unlink(missing_ok=True)
        return calls

    def set_up(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local.setup", *arguments],
            cwd=self.root,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def stamps(self) -> set[str]:
        return {path.stem for path in (self.root / "build" / "stamps").glob("*")}


@pytest.fixture
def program() -> Callable[[Path, str], Path]:
    """Writes a shell script that pretends to be a program."""
    return write_program


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a checkout"
    shutil.copytree(ROOT / "local", root / "local", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("constraints.txt", "package.json", "package-lock.json", ".npmrc", "firebase.json"):
        shutil.copy(ROOT / name, root)
    for part in ("triggers", "worker"):
        (root / part).mkdir()
        shutil.copy(ROOT / part / "requirements.txt", root / part)
    write_program(root / ".venv" / "bin" / "python", FAKE_PYTHON)
    (root / ".venv" / "pyvenv.cfg").touch()
    (root / ".venv/lib/python3.11/site-packages/pip-23.2.1.dist-info").mkdir(parents=True)
    (root / "node_modules").mkdir()
    programs = tmp_path / "programs"
    write_program(programs / "npm", FAKE_NPM)
    write_program(programs / "java", FAKE_JAVA)
    return Checkout(root=root, environment=_environment(programs, tmp_path))


def _environment(programs: Path, folder: Path) -> dict[str, str]:
    mine: Mapping[str, str] = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CALLS": str(folder / "calls"),
        "PIP_SAYS": "",
        "PIP_FAILS_ON": "nothing",
        "NPM_FAILS": "",
    }
    return dict(mine)
