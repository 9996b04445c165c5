"""Sets up this machine: sh local/setup.sh [--tests]. Does nothing, quickly, where nothing has changed.

Runs before there is a virtual environment, so it imports nothing but the standard library and its neighbours.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from local.chromium import ensure_chromium
from local.errors import LocalError
from local.java import java_environment
from local.layout import site_packages
from local.node_packages import install_node_packages
from local.stamp import stamp_of
from local.virtual_environment import ensure_virtual_environment, install_packages, install_torch


def set_up(*, with_tests: bool) -> None:
    """Install whatever is missing. Raises `LocalError` where something cannot be."""
    ensure_virtual_environment()
    install_torch()
    install_packages()
    install_node_packages()
    check_java()
    if with_tests:
        ensure_chromium()


def check_java() -> None:
    """Make sure that there is a Java for the emulators. Asked once for each PATH, as starting one takes long."""
    stamp = stamp_of("java", os.environ.get("PATH", ""), os.environ.get("JAVA_HOME", ""), str(site_packages()))
    if not stamp.is_current():
        java_environment(os.environ)
        stamp.write()


def main(arguments: Sequence[str]) -> int:
    """Set up, or say in a sentence what is in the way. The exit status."""
    parser = argparse.ArgumentParser(prog="sh local/setup.sh", description="Sets up this machine.")
    parser.add_argument("--tests", action="store_true", help="also install Chromium, for the browser tests")
    try:
        set_up(with_tests=parser.parse_args(arguments).tests)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where this left off.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
