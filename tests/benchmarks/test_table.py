"""The table that `make bench` prints and keeps."""

import ast
import re
from pathlib import Path

import pytest

from benchmarks.__main__ import BEGIN, END, MODULES, PAGE, put_between_marks, read_arguments
from benchmarks.row import Row
from benchmarks.table import TITLES, describe_machine, render_table

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ROW = Row(
    what="GPU busy",
    ours="98.0%",
    naive="51.1%",
    limit="100 %",
    target="at least 97.5%",
    met=True,
    command="python -m benchmarks.overlap",
)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_each_row_is_a_line_below_the_titles() -> None:
    titles, rule, line = render_table([ROW]).splitlines()

    assert cells(titles) == list(TITLES)
    assert set(cells(rule)) == {"---"}
    assert cells(line) == [
        "GPU busy", "**98.0%**", "51.1%", "100 %", "at least 97.5%", "yes", "`python -m benchmarks.overlap`",
    ]  # fmt: skip


def test_a_target_that_is_missed_is_seen() -> None:
    missed = Row(**{**vars(ROW), "met": False})

    assert cells(render_table([missed]).splitlines()[2])[5] == "**no**"


def test_the_machine_is_told_with_its_versions_and_the_day() -> None:
    line = describe_machine()

    assert re.fullmatch(r"\d+ cores \(.+\), load [\d.]+, Python 3\.[\d.]+, torch [\d.]+\S*, \d{4}-\d\d-\d\d", line)


def test_a_new_table_takes_the_old_ones_place_and_leaves_the_rest() -> None:
    page = f"before\n{BEGIN}\nold\ntable\n{END}\nafter\n"

    assert put_between_marks(page, r"new \1") == f"before\n{BEGIN}\nnew \\1\n{END}\nafter\n"


def test_the_page_has_a_place_for_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert text.count(BEGIN) == text.count(END) == 1
    assert text.index(BEGIN) < text.index(END)


def test_everything_that_can_be_measured_is_in_the_table() -> None:
    measuring = {file.stem for file in BENCHMARKS.glob("*.py") if measures_rows(file)}

    assert measuring == set(MODULES)
    assert len(MODULES) == len(set(MODULES))


def measures_rows(file: Path) -> bool:
    """Whether it has `measure() -> list[Row]`, without an argument that must be given."""
    functions = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)]
    return any(
        function.name == "measure" and function.returns and ast.unparse(function.returns) == "list[Row]"
        for function in functions
    )


def test_without_a_name_everything_is_measured() -> None:
    assert read_arguments([]).modules == list(MODULES)
    assert read_arguments(["--keep"]).keep
    assert read_arguments(["overlap", "previews"]).modules == ["overlap", "previews"]


def test_a_name_that_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_arguments(["overlpa"])

    assert "no benchmark is called overlpa" in capsys.readouterr().err
