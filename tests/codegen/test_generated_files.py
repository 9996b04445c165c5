"""What is generated from contracts/ is what contracts/ says; a stale file is named."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    "codegen",
    "contracts",
    "models/catalogue.toml",
    "web/client/generated",
    "firestore.rules",
    "storage.rules",
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """All that the generator reads and writes."""
    for name in SOURCES:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def codegen(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """The exit status and what was printed."""
    done = subprocess.run(
        [sys.executable, "-m", "codegen", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def stale(*names: str) -> tuple[int, list[str]]:
    return 1, [f"{name} is stale: run make generated" for name in names]


def test_nothing_in_the_repository_is_stale() -> None:
    assert codegen(ROOT, "--check") == (0, [])


@pytest.mark.parametrize(
    ("source", "old", "new", "generated"),
    [
        pytest.param(
            "contracts/request.py",
            "MAX_PROMPT_UNITS = 2_000",
            "MAX_PROMPT_UNITS = 2_001",
            ["contracts/schema.json", "firestore.rules", "web/client/generated/limits.ts"],
            id="the longest prompt",
        ),
        pytest.param(
            "contracts/request.py",
            "Field(ge=1, le=200)",
            "Field(ge=1, le=201)",
            ["contracts/schema.json", "firestore.rules", "web/client/generated/limits.ts"],
            id="the most steps",
        ),
        pytest.param(
            "contracts/paths.py",
            "[A-Za-z0-9_-]{1,128}",
            "[A-Za-z0-9_-]{1,64}",
            ["firestore.rules"],
            id="the longest id",
        ),
        pytest.param(
            "contracts/paths.py",
            "[A-Za-z0-9._-]{0,127}",
            "[A-Za-z0-9._-]{0,63}",
            ["firestore.rules", "storage.rules", "web/client/generated/limits.ts"],
            id="the longest name of an upload",
        ),
        pytest.param(
            "models/catalogue.toml",
            'title = "Safelight Image"',
            'title = "Another"',
            ["web/client/generated/catalogue.ts"],
            id="a model's title",
        ),
        pytest.param(
            "firestore.rules", "text(data, 'prompt', 2000)", "true", ["firestore.rules"], id="the rules, by hand"
        ),
        pytest.param(
            "web/client/generated/contract.ts",
            "prompt: string;",
            "prompt: number;",
            ["web/client/generated/contract.ts"],
            id="the page's types, by hand",
        ),
    ],
)
def test_a_stale_file_is_named_until_it_is_generated(
    copy: Path, source: str, old: str, new: str, generated: list[str]
) -> None:
    change(copy / source, old, new)

    assert codegen(copy, "--check") == stale(*generated)
    assert codegen(copy) == (0, [f"wrote {name}" for name in generated])
    assert codegen(copy, "--check") == (0, [])


def test_a_file_that_is_missing_is_stale(copy: Path) -> None:
    (copy / "web/client/generated/limits.ts").unlink()

    assert codegen(copy, "--check") == stale("web/client/generated/limits.ts")


def test_what_is_written_by_hand_in_the_rules_stays(copy: Path) -> None:
    rules = copy / "firestore.rules"
    change(rules, "// What a page may do", "// By hand: what a page may do")
    change(rules, "'prompt', 2000", "'prompt', 1")

    assert codegen(copy) == (0, ["wrote firestore.rules"])
    assert "// By hand: what a page may do" in rules.read_text(encoding="utf-8")
