"""The GPU image, as far as a machine without a Docker engine can judge it."""

import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

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
    """As pip would find, for everything that the worker's packages ask for in turn."""
    pins = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in _requirements("constraints.txt")}
    wanted = _requirements("worker/requirements.txt")
    seen: set[tuple[str, frozenset[str]]] = set()
    unmet = []
    while wanted:
        need = wanted.pop()
        name = canonicalize_name(need.name)
        version = Version(distribution(name).version).public
        if name != "setuptools" and pins.get(name) != version:  # which `pip freeze` leaves out
            unmet.append(f"{need} is {version} and not pinned as such")
        elif not need.specifier.contains(version):
            unmet.append(f"{need} by {version}")
        elif (name, frozenset(need.extras)) not in seen:
            seen.add((name, frozenset(need.extras)))
            wanted += _asked_by(need)

    assert unmet == []
    assert len(seen) > 50


def _requirements(path: str) -> list[Requirement]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / path).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def _asked_by(need: Requirement) -> list[Requirement]:
    asked = [Requirement(line) for line in distribution(need.name).requires or []]
    extras = {"", *need.extras}
    return [
        one for one in asked if not one.marker or any(one.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def test_every_requirement_is_pinned() -> None:
    for part in ("worker", "triggers", "local"):
        lines = (ROOT / part / "requirements.txt").read_text().splitlines()
        named = [line.split("#")[0].strip() for line in lines if line and not line.startswith(("#", "-c"))]
        constraints = (ROOT / "constraints.txt").read_text().lower().replace("_", "-").splitlines()

        assert named
        assert [
            name for name in named if name.split(";")[0].strip().lower().replace("_", "-") not in constraints
        ] == []
