"""python -m chaos [--only 1,3] [--size small] [--seed N]: run the proofs and print what they came to.

The exit status is not zero where one found a violation. Whatever is drawn, is drawn from the seed.
"""

import argparse
import contextlib
import importlib
import logging
import secrets
import sys
import time
from dataclasses import dataclass

from chaos.emulators import emulators
from chaos.proof import Result
from local.errors import LocalError

SIZES = ("small", "middle", "full")
FIRESTORE = frozenset({"firestore"})


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One row of the table."""

    title: str
    module: str
    """Its `prove(seed, so_many)`. Imported when its turn comes: some take seconds for that."""
    so_many: tuple[float | str, float | str, float | str]
    """For each of the three sizes."""
    emulators: frozenset[str] = frozenset()
    """Those that have to run, where it does not start some by itself."""


PROOFS = {
    1: Proof(title="every state of the protocol", module="chaos.model.scenes", so_many=SIZES),
    2: Proof(
        title="Hypothesis against the real handlers", module="chaos.machine.run", so_many=(5_000, 50_000, 300_000)
    ),
    3: Proof(title="simulated jobs", module="chaos.simulation.run", so_many=(300, 2_000, 10_000)),
    4: Proof(title="traffic on the emulators", module="chaos.real.traffic", so_many=(100, 500, 2_000)),
    5: Proof(title="kills and stops", module="chaos.real.kills", so_many=(0.04, 0.3, 1.0)),
    6: Proof(
        title="fuzzed security rules",
        module="chaos.rules.run",
        so_many=(300, 1_000, 5_000),
        emulators=FIRESTORE,
    ),
    7: Proof(title="adapters in memory and real", module="chaos.differences.run", so_many=(40, 400, 2_000)),
    8: Proof(title="contention", module="chaos.contention.run", so_many=(20, 100, 500), emulators=FIRESTORE),
    9: Proof(title="webhook tokens", module="chaos.webhook_tokens.run", so_many=(200, 1_000, 2_000)),
    10: Proof(title="mutants", module="chaos.oracle.run", so_many=(20, 3, 1)),
}


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--only", help="numbers of proofs, with commas")
    parser.add_argument("--size", choices=SIZES, default="full", help="small is a moment, as in `make test`")
    parser.add_argument("--seed", type=int, default=None, help="run as this one ran")
    asked = parser.parse_args(arguments)
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    numbers = list(PROOFS) if asked.only is None else [int(number) for number in asked.only.split(",")]
    logging.disable(logging.CRITICAL)  # what is done wrong on purpose would fill the screen
    print(f"seed {seed}", flush=True)
    try:
        results = {number: _run(number, seed, asked.size) for number in numbers}
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n| # | proof | what was done | time | |\n|---|---|---|---|---|")
    for number, (result, seconds) in results.items():
        says = "holds" if not result.violations else f"**{len(result.violations)} violations**"
        print(f"| {number} | {PROOFS[number].title} | {result.figure} | {seconds:.0f} s | {says} |")
    return 1 if any(result.violations for result, _ in results.values()) else 0


def _run(number: int, seed: int, size: str) -> tuple[Result, float]:
    proof, began = PROOFS[number], time.monotonic()
    print(f"{number}. {proof.title} ...", flush=True)
    prove = importlib.import_module(proof.module).prove
    with contextlib.ExitStack() as running:
        if proof.emulators:
            running.enter_context(emulators(proof.emulators))
        result: Result = prove(seed, proof.so_many[SIZES.index(size)])
    for violation in result.violations:
        again = f"python -m chaos --only {number} --seed {seed} --size {size}"
        print(f"VIOLATION of proof {number} (again: {again})\n  {violation}", flush=True)
    seconds = time.monotonic() - began
    print(f"   {'holds' if not result.violations else 'DOES NOT HOLD'}, {seconds:.0f} s", flush=True)
    return result, seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
