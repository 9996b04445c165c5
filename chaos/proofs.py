"""All proofs, and how they are run.

Those that hold the emulators' ports run one after another; beside them, on another core, run those that hold none.
"""

import contextlib
import faulthandler
import importlib
import logging
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

from chaos.emulators import emulators
from chaos.proof import Result

SIZES = ("small", "middle", "full", "nightly")
FIRESTORE = frozenset({"firestore"})
LONGEST_SECONDS, LONGEST_NIGHTLY_SECONDS = 1500, 7500
"""A proof that takes longer has stopped: it says where it stands, and ends."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One row of the table."""

    title: str
    module: str
    """Its `prove(seed, so_many)`. Imported when its turn comes: some take seconds for that."""
    so_many: tuple[float | str, ...]
    """For each of the sizes; those that have no more for the night are run in full."""
    holds_ports: bool = False
    """Whether emulators run while it does."""
    emulators: frozenset[str] = frozenset()
    """Those that have to run, where it does not start some by itself."""


PROOFS = {
    1: Proof(title="every state of the protocol", module="chaos.model.scenes", so_many=SIZES[:3]),
    2: Proof(
        title="Hypothesis against the real handlers", module="chaos.machine.run", so_many=(5_000, 50_000, 300_000)
    ),
    3: Proof(title="simulated jobs", module="chaos.simulation.run", so_many=(300, 2_000, 10_000)),
    4: Proof(
        title="traffic on the emulators",
        module="chaos.real.traffic",
        so_many=(100, 500, 2_000, 10_000),
        holds_ports=True,
    ),
    5: Proof(title="kills and stops", module="chaos.real.kills", so_many=(0.04, 0.3, 1.0), holds_ports=True),
    6: Proof(
        title="fuzzed security rules",
        module="chaos.rules.run",
        so_many=(300, 1_000, 5_000),
        holds_ports=True,
        emulators=FIRESTORE,
    ),
    7: Proof(
        title="adapters in memory and real",
        module="chaos.differences.run",
        so_many=(40, 400, 2_000),
        holds_ports=True,
    ),
    8: Proof(
        title="contention",
        module="chaos.contention.run",
        so_many=(20, 100, 500),
        holds_ports=True,
        emulators=FIRESTORE,
    ),
    9: Proof(title="webhook tokens", module="chaos.webhook_tokens.run", so_many=(200, 1_000, 2_000)),
    10: Proof(title="mutants", module="chaos.oracle.run", so_many=(20, 3, 1)),
}


def run_all(numbers: Sequence[int], seed: int, size: str) -> dict[int, tuple[Result, float]]:
    """What each came to, and its seconds. Raises `LocalError` where one cannot be run."""
    if len({PROOFS[number].holds_ports for number in numbers}) == 1:
        return {number: _run(number, seed, size) for number in numbers}
    running: dict[int, Future[tuple[Result, float]]] = {}
    with contextlib.ExitStack() as lanes:
        for holds_ports in (True, False):
            lane = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            lanes.enter_context(lane)
            lanes.callback(lane.shutdown, cancel_futures=True)  # after one that could not run, none is begun
            for number in numbers:
                if PROOFS[number].holds_ports is holds_ports:
                    running[number] = lane.submit(_run, number, seed, size)
        return {number: running[number].result() for number in numbers}


def _run(number: int, seed: int, size: str) -> tuple[Result, float]:
    logging.disable(logging.CRITICAL)  # what is done wrong on purpose would fill the screen
    proof, began = PROOFS[number], time.monotonic()
    print(f"{number}. {proof.title} ...", flush=True)
    prove = importlib.import_module(proof.module).prove
    faulthandler.dump_traceback_later(LONGEST_NIGHTLY_SECONDS if size == "nightly" else LONGEST_SECONDS, exit=True)
    with contextlib.ExitStack() as running:
        running.callback(faulthandler.cancel_dump_traceback_later)
        if proof.emulators:
            running.enter_context(emulators(proof.emulators))
        result: Result = prove(seed, proof.so_many[min(SIZES.index(size), len(proof.so_many) - 1)])
    for violation in result.violations:
        again = f"python -m chaos --only {number} --seed {seed} --size {size}"
        print(f"VIOLATION of proof {number} (again: {again})\n  {violation}", flush=True)
    seconds = time.monotonic() - began
    says = "holds" if not result.violations else "DOES NOT HOLD"
    print(f"{number}. {proof.title}: {says}, {seconds:.0f} s\n   {result.figure}", flush=True)
    return result, seconds
