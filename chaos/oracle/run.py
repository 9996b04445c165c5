"""The tenth proof: each mutant, in a copy of the code, before the other proofs and then before the unit tests."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chaos.oracle.mutants import ALL, Mutant
from chaos.proof import Result

ROOT = Path(__file__).parent.parent.parent
COPIED = ("adapters", "chaos", "contracts", "triggers", "worker", "tests")
AT_ONCE = 2
LONGEST_SECONDS = 400
SURVIVED = "nobody"
OWN, UNIT = "its own tests", "unit tests"
UNIT_TESTS = ["tests/contracts", "tests/triggers", "tests/adapters", "tests/worker/test_generate.py"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x"]
PROOF = [sys.executable, "-m", "chaos", "--seed", "1"]
UNCHANGED = Mutant(what="nothing", file="contracts/retries.py", was="MAX_FAILURES = 3", becomes="MAX_FAILURES = 3")


def prove(_seed: int, every: int = 1) -> Result:
    """Each, or every so many, if the code as it is goes through: else all would be caught, and nothing shown."""
    mutants = ALL[::every]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        unchanged, *seen_by = threads.map(who_sees, [UNCHANGED, *mutants])
    if unchanged != SURVIVED:
        return Result(figure="none", violations=[f"the code as it is does not pass: {unchanged}"])
    survived = [mutant for mutant, by in zip(mutants, seen_by, strict=True) if by == SURVIVED]
    equivalent = [mutant for mutant in survived if mutant.equivalent]
    return Result(
        figure=f"{len(mutants)} mutants: {dict(Counter(seen_by))}; equivalent: "
        + "; ".join(f"{mutant.what} ({mutant.equivalent})" for mutant in equivalent),
        violations=[
            f"{mutant.file}: {mutant.what}: nobody sees it" for mutant in survived if not mutant.equivalent
        ],
    )


def who_sees(mutant: Mutant) -> str:
    """The first that finds fault with it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        _copy_to(copy, mutant)
        for name, command in _looks(mutant).items():
            if not _is_content(command, copy) and not (name in {OWN, UNIT} and _is_content(_again(command), copy)):
                return name
    return SURVIVED


def _looks(mutant: Mutant) -> dict[str, list[str]]:
    """Who looks, in the order of what it costs."""
    file = Path(mutant.file)
    tests = (ROOT / "tests" / file.parent).glob(f"test_*{file.stem}*.py")
    own = sorted(str(test.relative_to(ROOT)) for test in tests)
    return {
        "1 and 3": [*PROOF, "--only", "1,3", "--size", "small"],
        **({OWN: [*PYTEST, *own]} if own else {}),
        UNIT: [*PYTEST, *UNIT_TESTS],
        "1, more of it": [*PROOF, "--only", "1", "--size", "middle"],
        "2": [*PROOF, "--only", "2", "--size", "middle"],
    }


def _again(tests: list[str]) -> list[str]:
    """The test that failed, and what comes after it: one that needs its time can fail on a busy machine."""
    return [*tests, "--last-failed"]


def _copy_to(copy: Path, mutant: Mutant) -> None:
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules"))
    for other in ROOT.iterdir():
        if other.name not in COPIED and not other.name.startswith("."):
            (copy / other.name).symlink_to(other)
    file = copy / mutant.file
    source = file.read_text(encoding="utf-8")
    if source.count(mutant.was) != 1:
        message = f"{mutant.file} has {source.count(mutant.was)} times: {mutant.was}"
        raise ValueError(message)
    file.write_text(source.replace(mutant.was, mutant.becomes), encoding="utf-8")


def _is_content(command: list[str], copy: Path) -> bool:
    """Whether it found nothing. One that never ends has found something."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    try:
        looked = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, check=False, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return looked.returncode == 0
