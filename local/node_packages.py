"""`node_modules`: the Firebase CLI with its emulators, and what the page is built with."""

import json
from pathlib import Path
from typing import Any

from local.layout import NODE_MODULES, ROOT
from local.progress_bar import Progress
from local.stamp import stamp_of
from local.step import Step

LOCK = ROOT / "package-lock.json"


def install_node_packages() -> None:
    """Install what package-lock.json asks for, unless it is all there."""
    stamp = stamp_of("node", LOCK, ROOT / "package.json", ROOT / ".npmrc")
    if stamp.is_current() and _installed_lock().exists():
        return
    stamp.remove()
    if not is_installed(LOCK, _installed_lock()):
        Step(
            name="node",
            title="Node packages",
            command=["npm", "ci", "--no-progress"],
            environment={"npm_config_update_notifier": "false"},
            measure=_count_installed,
            advice="Look at what npm says there, then run the same command again.",
        ).run()
    stamp.write()


def is_installed(lock: Path, installed_lock: Path) -> bool:
    """Whether npm has recorded, at the end of an installation, every package of the lock at its version."""
    if not installed_lock.exists():
        return False
    installed = _packages(installed_lock)
    return all(
        installed.get(name, {}).get("version") == package.get("version")
        for name, package in _packages(lock).items()
        if name and not package.get("optional")
    )


def _installed_lock() -> Path:
    return NODE_MODULES / ".package-lock.json"


def _packages(lock: Path) -> dict[str, dict[str, Any]]:
    packages: dict[str, dict[str, Any]] = json.loads(lock.read_text())["packages"]
    return packages


def _count_installed(_text: str) -> Progress:
    names = [name for name, package in _packages(LOCK).items() if name and not package.get("optional")]
    present = sum((ROOT / name / "package.json").exists() for name in names)
    return Progress(present / len(names), f"{present} of {len(names)} packages")
