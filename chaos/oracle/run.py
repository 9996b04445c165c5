"""The tenth proof: each mutant, in a copy of the code, before the other proofs and then before the unit tests."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from chaos.oracle.mutants import ALL, Mutant
from chaos.proof import Result

ROOT = Path(__file__).parent.parent.parent
COPIED = ("adapters", "chaos", "contracts", "triggers", "worker", "tests")
AT_ONCE = 2
LONGEST_SECONDS = 400
SURVIVED = "nobody"
OWN, UNIT = "its own tests", "unit tests"
UNIT_TESTS = ["tests/contracts", "tests/triggers", "tests/adapters", "tests/worker/test_generate.py"]
# The nursery has imported what a plugin would like to import itself, and warnings are errors here.
PYTEST = ["pytest", "-q", "-x", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
PROOF = ["chaos.__main__", "--seed", "1"]
UNCHANGED = Mutant(what="nothing", file="contracts/retries.py", was="MAX_FAILURES = 3", becomes="MAX_FAILURES = 3")


def prove(_seed: int, every: int = 1) -> Result:
    """Each, or every so many, if the code as it is goes through: else all would be caught, and nothing shown."""
    mutants = ALL[::every]
    with contextlib.ExitStack() as running:
        nurseries: SimpleQueue[Nursery] = SimpleQueue()
        for _ in range(AT_ONCE):
            nurseries.put(running.enter_context(Nursery()))
        threads = running.enter_context(ThreadPoolExecutor(AT_ONCE))
        unchanged, *seen_by = threads.map(partial(_seen_in_one_of, nurseries), [UNCHANGED, *mutants])
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


class Nursery:
    """A process in which a run starts in a moment. A context manager."""

    def __enter__(self) -> Self:
        """Start it."""
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "chaos.oracle.nursery"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.communicate()

    def is_content(self, command: Sequence[str], copy: Path) -> bool:
        """Whether this, run there, found nothing. One that never ends has found something."""
        module, *arguments = command
        asked = {"module": module, "arguments": arguments, "copy": str(copy), "seconds": LONGEST_SECONDS}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return self._answer() == "0"

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _seen_in_one_of(nurseries: "SimpleQueue[Nursery]", mutant: Mutant) -> str:
    nursery = nurseries.get()
    try:
        return who_sees(mutant, nursery)
    finally:
        nurseries.put(nursery)


def who_sees(mutant: Mutant, nursery: Nursery) -> str:
    """The first that finds fault with it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        copy_to(copy, mutant)
        for name, command in _looks(mutant).items():
            again = name in {OWN, UNIT}
            if not nursery.is_content(command, copy) and not (again and nursery.is_content(_again(command), copy)):
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


def copy_to(copy: Path, mutant: Mutant) -> None:
    """The code in another folder, with what the mutant changes in it."""
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
