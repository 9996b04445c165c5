"""Where things lie. Every other module takes its paths from here."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / "local"
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"
FIREBASE_JSON = ROOT / "firebase.json"

BUILD = ROOT / "build"
"""Everything that is made. It can be removed at any time, and git does not see it."""
LOGS = BUILD / "logs"
STAMPS = BUILD / "stamps"
EMULATORS = BUILD / "emulators"
"""What the emulators are started with, and their temporary files."""
FUNCTIONS = BUILD / "functions"
"""The functions' source as it would be deployed."""


def site_packages(venv: Path = VENV) -> Path | None:
    """Where the virtual environment has its packages, or None where there is no such environment."""
    return next(iter(sorted(venv.glob("lib/python3*/site-packages"))), None)


def shown(path: Path) -> str:
    """The path as a person at the repository's root would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
