"""Default diffusers beside ours on a CUDA GPU, in one process, with full-size random weights.

    python -m benchmarks.cuda             # everything; at most ten minutes on an H200
    python -m benchmarks.cuda flux wan    # only some of it
    python -m benchmarks.cuda --keep      # and put the table into benchmarks/CUDA.md
    python -m benchmarks.cuda --tiny      # the same code at sizes for a CPU: its figures mean nothing

Both sides have the same weights in the same precision and take turns. The naive one is a diffusers pipeline as its
documentation loads it. Text encoders are left out on both sides.
"""

import argparse
import gc
import importlib.metadata
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from benchmarks.__main__ import put_between_marks
from benchmarks.cuda_jobs import overlap_row
from benchmarks.cuda_loading import load_row
from benchmarks.cuda_pair import Pair
from benchmarks.gpu_rates import matrix_rate, operations, seconds_of
from benchmarks.row import Row
from benchmarks.table import describe_machine, render_table

PAGE = Path(__file__).parent / "CUDA.md"
COMMAND = "python -m benchmarks.cuda"
ROUNDS = 3
BATCHES = (1, 4, 8)
FLUX_SPEEDUP, FLUX_MFU, NOT_SLOWER = 1.5, 0.6, 1.0


def main() -> int:
    """Measure and print; 1 where there is no GPU and no --tiny."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], metavar="|".join(CASES), help="only these")
    parser.add_argument("--tiny", action="store_true", help="at sizes for a CPU")
    parser.add_argument("--keep", action="store_true", help="write the table to benchmarks/CUDA.md")
    options = parser.parse_args()
    if not options.tiny and not torch.cuda.is_available():
        print("torch sees no CUDA GPU here; --tiny tries the script without one.", file=sys.stderr)
        return 1
    rows = take(options.cases or list(CASES), tiny=options.tiny)
    table = f"{render_table(rows)}\n\n{describe_device()}"
    print(table)
    if options.keep and not options.tiny:
        PAGE.write_text(put_between_marks(PAGE.read_text(encoding="utf-8"), table), encoding="utf-8")
    return 0


def take(cases: Sequence[str], *, tiny: bool) -> list[Row]:
    """The rows of these cases, one after the other."""
    rows: list[Row] = []
    for number, case in enumerate(cases, 1):
        _say(f"{number} of {len(cases)}: {case}")
        began = time.monotonic()
        for row in CASES[case](tiny):
            rows.append(row)
            _say(f"  {row.what}: ours {row.ours}, naive {row.naive}")
        _say(f"  {time.monotonic() - began:.0f} s")
        if torch.cuda.is_available():
            gc.collect()  # or the case before still holds its memory
            torch.cuda.empty_cache()
    return rows


def describe_device() -> str:
    """The machine, and its GPU if it has one."""
    gpu = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}, " if torch.cuda.is_available() else ""
    return f"{gpu}diffusers {importlib.metadata.version('diffusers')}, {describe_machine()}"


def flux_rows(tiny: bool) -> list[Row]:  # noqa: FBT001 - all cases are called alike
    """FLUX.1, one picture: how much faster, and how much of what the GPU can do is done."""
    pair = Pair("flux", tiny=tiny)
    size, steps = pair.sizes[0], pair.steps
    naive, ours = in_turn(lambda: pair.naive(size, 1, steps), lambda: pair.ours(size, 1, steps), pair.device)
    done = operations(lambda few: pair.naive(size, 1, few), steps, pair.device)
    most = matrix_rate(pair.device, pair.dtype)
    return [
        _faster(
            "flux", f"FLUX.1 12B, {size}x{size}, {steps} steps, one picture, seconds", (naive, ours), FLUX_SPEEDUP
        ),
        Row(
            what=f"the same, of the matrix rate of this run ({most / 1e12:.3g} TFLOP/s)",
            ours=f"{done / ours / most:.1%}",
            naive=f"{done / naive / most:.1%}",
            limit="100 %",
            target=f"at least {FLUX_MFU:.0%}",
            met=done / ours / most >= FLUX_MFU,
            command=f"{COMMAND} flux",
        ),
    ]


def sdxl_rows(tiny: bool) -> list[Row]:  # noqa: FBT001
    """SDXL, by size and batch."""
    pair = Pair("sdxl", tiny=tiny)
    rows = []
    for size in pair.sizes:
        for batch in BATCHES:
            naive, ours = in_turn(
                partial(pair.naive, size, batch, pair.steps),
                partial(pair.ours, size, batch, pair.steps),
                pair.device,
            )
            what = f"SDXL, {size}x{size}, {pair.steps} steps, batch {batch}, seconds a picture"
            rows.append(_faster("sdxl", what, (naive / batch, ours / batch), NOT_SLOWER))
    return rows


def wan_rows(tiny: bool) -> list[Row]:  # noqa: FBT001
    """One step of Wan 14B, both of its passes, without the VAE."""
    pair = Pair("wan", tiny=tiny)
    naive, ours = in_turn(
        lambda: pair.step(pair.default), lambda: pair.step(pair.accelerated), pair.device, rounds=1
    )
    what = f"Wan 14B, {pair.frames} frames of 480p, a step, seconds"
    return [_faster("wan", what, (naive / pair.steps, ours / pair.steps), NOT_SLOWER)]


def overlap_rows(tiny: bool) -> list[Row]:  # noqa: FBT001
    """How busy the GPU is while 20 jobs come."""
    return [overlap_row(Pair("flux", tiny=tiny), f"{COMMAND} overlap")]


def load_rows(tiny: bool) -> list[Row]:  # noqa: FBT001
    """How fast weights come from files that are in memory."""
    return [load_row(tiny=tiny, command=f"{COMMAND} load")]


def in_turn(
    naive: Callable[[], object], ours: Callable[[], object], device: str, rounds: int = ROUNDS
) -> tuple[float, float]:
    """The median seconds of both, which take turns after one uncounted call each."""
    both = naive, ours
    for each in both:
        each()
    taken = [[seconds_of(each, device) for each in both] for _ in range(rounds)]
    of_naive, of_ours = zip(*taken, strict=True)
    return statistics.median(of_naive), statistics.median(of_ours)


def _faster(case: str, what: str, seconds: tuple[float, float], target: float) -> Row:
    naive, ours = seconds
    return Row(
        what=what,
        ours=f"{ours:.3g}, {naive / ours:.2f} times as fast",
        naive=f"{naive:.3g}",
        limit="-",
        target=f"at least {target} times as fast",
        met=naive / ours >= target,
        command=f"{COMMAND} {case}",
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


CASES: dict[str, Callable[[bool], list[Row]]] = {
    "flux": flux_rows,
    "overlap": overlap_rows,
    "sdxl": sdxl_rows,
    "load": load_rows,
    "wan": wan_rows,
}

if __name__ == "__main__":
    sys.exit(main())
