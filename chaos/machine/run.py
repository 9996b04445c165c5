"""Runs machines until there were enough transitions."""

import traceback

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from chaos.machine.protocol import Protocol
from chaos.proof import Result

ENOUGH = 300_000
MACHINES, MOVES = 400, 120
"""In one round; each round has a seed of its own."""


def prove(first_seed: int, enough: int = ENOUGH) -> Result:
    """Run them. The transitions are each a call that somebody makes, or something that happens to the world."""
    Protocol.transitions = 0
    rounds = 0
    while Protocol.transitions < enough:
        machines = min(MACHINES, 1 + enough // 50)
        broken = run_round(first_seed + rounds, machines)
        rounds += 1
        if broken:
            return Result(figure=f"round {rounds}", violations=[broken])
    return Result(figure=f"{Protocol.transitions:,} transitions of {rounds * machines:,} machines")


def run_round(round_seed: int, machines: int) -> str:
    """So many machines. How to break one, or nothing."""
    how = settings(
        max_examples=machines,
        stateful_step_count=MOVES,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # shrinking takes minutes; add Phase.shrink to see a shorter one
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    try:
        run_state_machine_as_test(seed(round_seed)(Protocol), settings=how)
    except Exception as error:  # noqa: BLE001 - whatever a handler or a law raised is what was looked for
        return "\n".join([*traceback.format_exception_only(error), *getattr(error, "__notes__", [])])
    return ""
