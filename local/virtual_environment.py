"""`.venv`: the Python that everything runs with, and its packages."""

import re
import subprocess
import sys
from pathlib import Path

from local.errors import LocalError
from local.layout import BUILD, ROOT, VENV, shown, site_packages
from local.progress_bar import Progress
from local.stamp import Stamp, stamp_of
from local.step import Step

PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "constraints.txt"
REQUIREMENTS = [ROOT / part / "requirements.txt" for part in ("triggers", "worker", "local")]
ADVICE = "Look at what pip says there, then run the same command again: it goes on where it stopped."


def ensure_virtual_environment() -> None:
    """Make `.venv` where there is none. Raises `LocalError` where there is one that does not run."""
    if not VENV.exists():
        Step(
            name="venv",
            title="Virtual environment",
            command=[sys.executable, "-m", "venv", str(VENV)],
            advice="If it says that ensurepip is missing: apt install python3-venv. Remove .venv and try again.",
        ).run()
    check = "import sys; raise SystemExit(sys.version_info < (3, 11))"
    if not _pip_version() or not _runs([str(PYTHON), "-I", "-S", "-c", check]):
        message = (
            f"{shown(VENV)} holds no Python 3.11 or newer that runs and has pip: it was left half made, or "
            "its Python has been removed since. Remove the folder .venv and try again."
        )
        raise LocalError(message)


def install_torch() -> None:
    """Install torch, first and on its own, so that nothing else chooses its build."""
    requirement = _pinned("torch", REQUIREMENTS[1])
    stamp = stamp_of("torch", _environment_identity(), requirement)
    _install("torch", "torch", [requirement, "-c", str(CONSTRAINTS)], stamp)


def install_packages() -> None:
    """Install what functions, worker and this folder import, at the versions of constraints.txt."""
    stamp = stamp_of("packages", _environment_identity(), CONSTRAINTS, *REQUIREMENTS)
    if stamp.is_current():
        return
    files = [argument for path in REQUIREMENTS for argument in ("-r", str(_without_own_constraints(path)))]
    _install("packages", "Python packages", [*files, "-c", str(CONSTRAINTS)], stamp)


def _install(name: str, title: str, arguments: list[str], stamp: Stamp) -> None:
    if stamp.is_current():
        return
    stamp.remove()
    progress_bar = "raw" if _pip_version() >= (24, 1) else "off"
    Step(
        name=name,
        title=title,
        command=[str(PYTHON), "-m", "pip", "install", "--progress-bar", progress_bar, *arguments],
        environment={"PYTHONUNBUFFERED": "1", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        measure=PipProgress(expected=0 if name == "torch" else _count_pins()),
        advice=ADVICE,
    ).run()
    stamp.write()


class PipProgress:
    """How far a `pip install` is: half of it is finding and fetching, half is unpacking."""

    def __init__(self, *, expected: int) -> None:
        self._expected = expected
        self._before: int | None = None

    def __call__(self, text: str) -> Progress:
        """Read it from what pip has printed, and from what lies in the environment."""
        to_install = re.search(r"^Installing collected packages: (.*)$", text, re.MULTILINE)
        if to_install:
            names = to_install[1].split(", ")
            done = self._installed_since() / len(names)
            return Progress(0.5 + min(done, 1) / 2, f"unpacking {len(names)} packages")
        seen = set(re.findall(r"^(?:Collecting|Requirement already satisfied:) ([\w.-]+)", text, re.MULTILINE))
        fraction = min(len(seen) / self._expected, 1) / 2 if self._expected else None
        return Progress(fraction, _what_pip_does(text))

    def _installed_since(self) -> int:
        packages = site_packages()
        now = len(list(packages.glob("*.dist-info"))) if packages else 0
        if self._before is None:
            self._before = now
        return now - self._before


def _what_pip_does(text: str) -> str:
    lines = text.splitlines()
    downloads = [line for line in lines if line.lstrip().startswith("Downloading ")]
    if lines and (count := re.fullmatch(r"Progress (\d+) of (\d+)", lines[-1])) and downloads:
        name = downloads[-1].split()[1].rpartition("/")[2].split("-")[0]
        return f"downloading {name}: {int(count[1]) / 1e6:.0f} of {int(count[2]) / 1e6:.0f} MB"
    doing = re.findall(r"^ *((?:Collecting|Downloading|Processing|Building) .*)$", text, re.MULTILINE)
    return doing[-1][:60] if doing else ""


def _without_own_constraints(path: Path) -> Path:
    """A copy below build/ whose `-c` lines are gone: they name a file of the deployed bundle."""
    copy = BUILD / "requirements" / f"{path.parent.name}.txt"
    copy.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text().splitlines(keepends=True)
    copy.write_text("".join(line for line in lines if not line.startswith("-c ")))
    return copy


def _pinned(name: str, requirements: Path) -> str:
    for line in requirements.read_text().splitlines():
        requirement = line.partition("#")[0].strip()
        if requirement.startswith(f"{name}=="):
            return requirement
    message = f"{shown(requirements)} does not pin {name}."
    raise LocalError(message)


def _count_pins() -> int:
    return CONSTRAINTS.read_text().count("==")


def _environment_identity() -> str:
    """Changes when `.venv` is made anew, so that no stamp of the old one is believed."""
    configuration = VENV / "pyvenv.cfg"
    return f"{configuration.stat().st_mtime_ns} {site_packages()}" if configuration.exists() else "none"


def _pip_version() -> tuple[int, ...]:
    packages = site_packages()
    folder = next(iter(packages.glob("pip-*.dist-info")), None) if packages else None
    return tuple(int(part) for part in re.findall(r"\d+", folder.name)) if folder else ()


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False
