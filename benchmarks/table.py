"""The table that `make bench` prints, and the machine that it was measured on."""

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.row import Row

TITLES = ("measured", "ours", "naive", "limit", "target", "met", "again with")
CPU_INFO = Path("/proc/cpuinfo")


def render_table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = [TITLES, ("---",) * len(TITLES), *map(_cells, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    met = "yes" if row.met else "**no**"
    return row.what, f"**{row.ours}**", row.naive, row.limit, row.target, met, f"`{row.command}`"


def describe_machine() -> str:
    """One line: what took the figures, how busy it was, and with which versions."""
    torch = importlib.metadata.version("torch")
    today = datetime.now(UTC).date().isoformat()
    return (
        f"{os.cpu_count()} cores ({_processor()}), load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, torch {torch}, {today}"
    )


def _processor() -> str:
    """The name of its processor, as far as the system tells."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def print_table(rows: Sequence[Row]) -> None:
    """What one module measured by itself."""
    print(render_table(rows))
    print()
    print(describe_machine())
