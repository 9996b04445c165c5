"""The end of a log, for an error message."""

from pathlib import Path

from local.layout import shown


def log_tail(log: Path, lines: int = 15) -> str:
    """Say where the log is, and its last lines that hold anything, indented."""
    text = log.read_text(errors="replace") if log.exists() else ""
    kept = [line.rstrip() for line in text.splitlines() if line.strip() and not _is_download_count(line)]
    if not kept:
        return f"{shown(log)} is empty."
    return f"The last lines of {shown(log)}:\n" + "\n".join(f"    {line}" for line in kept[-lines:])


def _is_download_count(line: str) -> bool:
    """Whether it is pip's `Progress 16384 of 123456`, of which there are thousands."""
    return line.startswith("Progress ")
