"""`make bench`: measure everything, one after the other, and print one table."""

import argparse
import importlib
import re
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.endpoint import MeasurementFailed
from benchmarks.plots import FOLDER
from benchmarks.row import Row
from benchmarks.table import describe_machine, render_table
from local.errors import LocalError

MODULES = ("overlap", "batching", "previews", "encoding", "cold_start", "firestore_writes")
PAGE = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
"""Between these two the page holds the last table."""


def main() -> int:
    """Measure; with --keep, also put table and drawings into the page. 1 where something could not be measured."""
    options = read_arguments(sys.argv[1:])
    modules = options.modules
    rows: list[Row] = []
    failed = False
    for number, name in enumerate(modules, 1):
        print(f"{number} of {len(modules)}: {name} ...", end="", file=sys.stderr, flush=True)
        began = time.monotonic()
        try:
            rows += importlib.import_module(f"benchmarks.{name}").measure()
        except (MeasurementFailed, LocalError) as failure:
            failed = True
            print(f" {failure}", file=sys.stderr)
        else:
            print(f" {time.monotonic() - began:.0f} s", file=sys.stderr)
    table = f"{render_table(rows)}\n\n{describe_machine()}"
    print(table)
    if options.keep and not failed:
        keep(table)
    return int(failed)


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """`modules`: those that are named, or all; `keep`: whether the page is to have the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    # Not `choices`: argparse 3.11 looks for the empty list among them where none is named.
    parser.add_argument("modules", nargs="*", type=_module, metavar="module", help=f"only {', '.join(MODULES)}")
    parser.add_argument("--keep", action="store_true", help="write table and drawings to benchmarks/README.md")
    options = parser.parse_args(arguments)
    options.modules = options.modules or list(MODULES)
    return options


def _module(name: str) -> str:
    if name not in MODULES:
        msg = f"no benchmark is called {name}: {', '.join(MODULES)} are"
        raise argparse.ArgumentTypeError(msg)
    return name


def keep(table: str) -> None:
    """Put the table into the page, and the drawings beside it."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(put_between_marks(text, table), encoding="utf-8")
    for drawing in FOLDER.glob("*.svg"):
        shutil.copy2(drawing, PAGE.parent / drawing.name)


def put_between_marks(text: str, table: str) -> str:
    """The page's text with another table."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table}\n{END}", text, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
