"""The GPU image, as far as a machine without a Docker engine can judge it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
HADOLINT = Path(sys.executable).parent / "hadolint"
INSTRUCTIONS = [line for line in DOCKERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint has wheels for Linux on x86-64 only")
def test_hadolint_has_nothing_to_say() -> None:
    linted = subprocess.run([HADOLINT, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_base_is_pinned_and_nobody_is_root() -> None:
    bases = [line.split()[1] for line in INSTRUCTIONS if line.startswith("FROM")]

    assert all(re.search(r":\d+\.\d+\.\d+-", base) for base in bases)
    assert [line for line in INSTRUCTIONS if line.startswith("USER")][-1] == "USER 10001"


def test_it_copies_only_what_the_build_context_lets_through() -> None:
    let_through = {
        line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    sources = {
        source.rstrip("/") for line in INSTRUCTIONS if line.startswith("COPY") for source in line.split()[1:-1]
    }

    assert all(any(source == name or source.startswith(name + "/") for name in let_through) for source in sources)


def test_no_secret_and_no_environment_file_can_be_baked_in() -> None:
    assert not re.search(r"(ENV|ARG)\s.*(KEY|SECRET|TOKEN|PASSWORD)", DOCKERFILE)
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_each_requirement_resolves_within_the_constraints() -> None:
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    resolved = subprocess.run(
        [*pip, "-r", "worker/requirements.txt", "-c", "constraints.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert resolved.returncode == 0, resolved.stderr


def test_every_requirement_is_pinned() -> None:
    for part in ("worker", "triggers", "local"):
        lines = (ROOT / part / "requirements.txt").read_text().splitlines()
        named = [line.split("#")[0].strip() for line in lines if line and not line.startswith(("#", "-c"))]
        constraints = (ROOT / "constraints.txt").read_text().lower().replace("_", "-").splitlines()

        assert named
        assert [
            name for name in named if name.split(";")[0].strip().lower().replace("_", "-") not in constraints
        ] == []
