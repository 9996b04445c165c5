"""Word that a process leaves for whoever judges, and that outlives it."""

import os
from pathlib import Path


def append_line(file: Path, line: str) -> None:
    """Add a line that other processes add theirs to; none is torn, and none is lost where one is killed later."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)
