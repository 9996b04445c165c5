"""A browser for the tests: this machine's Chromium or Chrome, or else Playwright's."""

import os
import shutil
import subprocess

from local.errors import LocalError
from local.layout import shown
from local.stamp import stamp_of
from local.step import Step
from local.virtual_environment import PYTHON

PROGRAMS = [
    "/usr/bin/chromium",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]
PACKAGES = ["chromium", "fonts-liberation"]


def installed_chromium() -> str | None:
    """The browser to hand to Playwright as `executable_path`. None: Playwright's own."""
    return next((found for program in PROGRAMS if (found := shutil.which(program))), None)


def ensure_chromium() -> None:
    """Install a browser where there is none: Debian's if we may, else Playwright's."""
    if installed_chromium():
        return
    stamp = stamp_of("chromium", str(PYTHON.parent))
    if stamp.is_current():
        return
    stamp.remove()
    if not _installed_by_apt():
        _playwright().run()
    stamp.write()


def _installed_by_apt() -> bool:
    prefix = _root_prefix()
    if prefix is None or not shutil.which("apt-get"):
        return False
    install = f"{prefix}apt-get update && {prefix}apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"
    step = Step(
        name="chromium",
        title="Chromium",
        command=["sh", "-c", install],
        environment={"DEBIAN_FRONTEND": "noninteractive"},
        advice="Now trying Playwright's own.",
    )
    try:
        step.run()
    except LocalError as error:
        print(error)
    return installed_chromium() is not None


def _root_prefix() -> str | None:
    """What to put before a command to run it as root, or None where we may not."""
    if os.geteuid() == 0:
        return ""
    if not shutil.which("sudo"):
        return None
    may = subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0
    return "sudo -n " if may else None


def _playwright() -> Step:
    return Step(
        name="chromium-playwright",
        title="Chromium (Playwright's)",
        command=[str(PYTHON), "-m", "playwright", "install", "chromium"],
        advice=(
            "The browser tests need Chromium: install it (Debian and Ubuntu: sudo apt install "
            f"{' '.join(PACKAGES)}; elsewhere: Google Chrome) or connect to the internet and run "
            f"{shown(PYTHON)} -m playwright install --with-deps chromium."
        ),
    )
