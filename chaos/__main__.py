"""python -m chaos [--only 1,3] [--size small] [--seed N]: run the proofs and print what they came to.

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

Proof = Callable[[int, str], Result]
SCENES = {"small": scenes.SMALL, "middle": scenes.MIDDLE, "full": scenes.FULL}
TRANSITIONS = {"small": 5_000, "middle": 50_000, "full": machine_run.ENOUGH}
JOBS = {"small": 300, "middle": 2_000, "full": run.MOST_JOBS}
MUTANTS = {"small": mutants.ALL[::20], "middle": mutants.ALL[::3], "full": mutants.ALL}


def model(_seed: int, size: str) -> Result:
    """Every state of the protocol."""
    return scenes.prove(SCENES[size])


def machine(seed: int, size: str) -> Result:
    """Hypothesis against the real handlers."""
    return machine_run.prove(seed, TRANSITIONS[size])


def simulation(seed: int, size: str) -> Result:
    """Ten thousand jobs."""
    return run.prove(seed, JOBS[size])


def oracle(_seed: int, size: str) -> Result:
    """Mutants."""
    return oracle_run.prove(MUTANTS[size])


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
    parser.add_argument("--size", choices=list(JOBS), default="full", help="small is a moment, as in `make test`")
    parser.add_argument("--seed", type=int, default=None, help="run as this one ran")
    asked = parser.parse_args(arguments)
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    chosen = (
        PROOFS if asked.only is None else {int(number): PROOFS[int(number)] for number in asked.only.split(",")}
    )
    logging.disable(logging.CRITICAL)  # what is done wrong on purpose would fill the screen
    print(f"seed {seed}", flush=True)
    results = {number: _run(number, seed, asked.size) for number in chosen}
    for number, (result, seconds) in results.items():
        says = "holds" if not result.violations else f"{len(result.violations)} VIOLATIONS"
        print(f"| {number} | {PROOFS[number][0]} | {result.figure} | {seconds:.0f} s | {says} |")
    return 1 if any(result.violations for result, _ in results.values()) else 0


def _run(number: int, seed: int, size: str) -> tuple[Result, float]:
    began = time.monotonic()
    result = PROOFS[number][1](seed, size)
    for violation in result.violations:
        again = f"python -m chaos --only {number} --seed {seed} --size {size}"
        print(f"VIOLATION of proof {number} (again: {again})\n  {violation}", flush=True)
    return result, time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
