"""python -m chaos [--only 1,3] [--size small] [--seed N]: run the proofs and print what they came to.

The exit status is not zero where one found a violation. Whatever is drawn, is drawn from the seed.
"""

import argparse
import secrets
import sys

from chaos.proofs import PROOFS, SIZES, run_all
from local.errors import LocalError


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--only", help="numbers of proofs, with commas")
    parser.add_argument("--size", choices=SIZES, default="full", help="small is a moment, as in `make test`")
    parser.add_argument("--seed", type=int, default=None, help="run as this one ran")
    asked = parser.parse_args(arguments)
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    numbers = list(PROOFS) if asked.only is None else [int(number) for number in asked.only.split(",")]
    print(f"seed {seed}", flush=True)
    try:
        results = run_all(numbers, seed, asked.size)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n| # | proof | what was done | time | |\n|---|---|---|---|---|")
    for number, (result, seconds) in results.items():
        says = "holds" if not result.violations else f"**{len(result.violations)} violations**"
        print(f"| {number} | {PROOFS[number].title} | {result.figure} | {seconds:.0f} s | {says} |")
    return 1 if any(result.violations for result, _ in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
