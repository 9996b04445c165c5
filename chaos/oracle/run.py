"""The tenth proof: each mutant, in a copy of the code, before the other proofs and then before the unit tests."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chaos.oracle.mutants import ALL, Mutant
from chaos.proof import Result

ROOT = Path(__file__).parent.parent.parent
COPIED = ("adapters", "chaos", "contracts", "triggers", "worker", "tests")
AT_ONCE = 2
LONGEST_SECONDS = 240
SURVIVED = "nobody"
UNIT = "unit tests"
UNIT_TESTS = ["tests/contracts", "tests/triggers", "tests/adapters", "tests/worker/test_generate.py"]
PROOF = [sys.executable, "-m", "chaos", "--seed", "1"]
SEES = {
    "1": [*PROOF, "--only", "1", "--size", "small"],
    "3": [*PROOF, "--only", "3", "--size", "small"],
    "1, more of it": [*PROOF, "--only", "1", "--size", "middle"],
    UNIT: [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *UNIT_TESTS],
    "2": [*PROOF, "--only", "2", "--size", "middle"],
}
"""Who looks, in the order of what it costs."""
UNCHANGED = Mutant(what="nothing", file="contracts/retries.py", was="MAX_FAILURES = 3", becomes="MAX_FAILURES = 3")


def prove(mutants: Sequence[Mutant] = ALL) -> Result:
    """All of them, if the code as it is goes through: or everything would be caught, and nothing shown."""
    if (by := who_sees(UNCHANGED)) != SURVIVED:
        return Result(figure="none", violations=[f"the code as it is does not pass: {by}"])
    with ThreadPoolExecutor(AT_ONCE) as threads:
        seen_by = list(threads.map(who_sees, mutants))
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
        for name, command in SEES.items():
            # Twice, for a test that needs its time can fail by itself on a machine that is busy.
            if not any(_is_content(command, copy) for _ in range(2 if name == UNIT else 1)):
                return name
    return SURVIVED


def _copy_to(copy: Path, mutant: Mutant) -> None:
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
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
