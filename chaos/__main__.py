"""python -m chaos [--only 1,3] [--small] [--seed N]: run the proofs and print what they came to.

The exit status is not zero where one found a violation. Whatever is drawn, is drawn from the seed.
"""

import argparse
import logging
import secrets
import sys
import time
from collections.abc import Callable

from chaos.machine import run as machine_run
from chaos.model import scenes
from chaos.oracle import mutants
from chaos.oracle import run as oracle_run
from chaos.proof import Result
from chaos.simulation import run

Proof = Callable[[int, bool], Result]


def model(seed: int, small: bool) -> Result:
    """Every state of the protocol."""
    del seed
    return scenes.prove(scenes.SMALL if small else scenes.FULL)


def simulation(seed: int, small: bool) -> Result:
    """Ten thousand jobs."""
    return run.prove(seed, SMALL_TOWN) if small else run.prove(seed)


def machine(seed: int, small: bool) -> Result:
    """Hypothesis against the real handlers."""
    return machine_run.prove(seed, FEW_TRANSITIONS) if small else machine_run.prove(seed)


def oracle(seed: int, small: bool) -> Result:
    """Mutants; a small version of this is a few of them."""
    del seed
    return oracle_run.prove(mutants.ALL[::FEW_MUTANTS] if small else mutants.ALL)


SMALL_TOWN = 300
FEW_TRANSITIONS = 5_000
FEW_MUTANTS = 20
PROOFS: dict[int, tuple[str, Proof]] = {
    1: ("exhaustive model", model),
    2: ("Hypothesis state machine", machine),
    3: ("seeded simulation", simulation),
    10: ("mutants", oracle),
}


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--only", help="numbers of proofs, with commas")
    parser.add_argument("--small", action="store_true", help="in a moment, as in `make test`")
    parser.add_argument("--seed", type=int, default=None, help="run as this one ran")
    asked = parser.parse_args(arguments)
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    chosen = (
        PROOFS if asked.only is None else {int(number): PROOFS[int(number)] for number in asked.only.split(",")}
    )
    logging.disable(logging.CRITICAL)  # what is done wrong on purpose would fill the screen
    print(f"seed {seed}", flush=True)
    results = {number: _run(number, seed, small=asked.small) for number in chosen}
    for number, (result, seconds) in results.items():
        says = "holds" if not result.violations else f"{len(result.violations)} VIOLATIONS"
        print(f"| {number} | {PROOFS[number][0]} | {result.figure} | {seconds:.0f} s | {says} |")
    return 1 if any(result.violations for result, _ in results.values()) else 0


def _run(number: int, seed: int, *, small: bool) -> tuple[Result, float]:
    began = time.monotonic()
    result = PROOFS[number][1](seed, small)
    for violation in result.violations:
        again = f"python -m chaos --only {number} --seed {seed}{' --small' if small else ''}"
        print(f"VIOLATION of proof {number} (again: {again})\n  {violation}", flush=True)
    return result, time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
