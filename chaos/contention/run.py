"""The eighth proof: its scenes, one after the other, and their figures."""

from collections.abc import Sequence
from random import Random
from statistics import quantiles

from google.cloud import firestore

from chaos.contention.claims import CLAIM, WON, Go, claims, with_others
from chaos.contention.crowd import Crowd
from chaos.contention.submits import dispatches, sweeps
from chaos.proof import Result

EIGHT = 8
FIVE_HUNDRED = 500


def prove(seed: int, documents: int = FIVE_HUNDRED, size: int = EIGHT) -> Result:
    """So many processes at each of so many documents, and at a quarter of as many in each of the other scenes.

    The Firestore emulator is where FIRESTORE_EMULATOR_HOST says. Who wins is up to it; the seed draws the rest.
    """
    project = f"demo-contention-{seed}"  # where no other proof's documents are overdue
    client = firestore.Client(project=project)
    random = Random(seed)
    fewer = max(1, documents // 4)
    with Crowd(size, project) as crowd:
        claimed, wrong_claims = claims(crowd, client, documents)
        taken, wrong_others = with_others(crowd, client, fewer, random)
        dispatched, wrong_dispatches = dispatches(crowd, client, fewer, seed)
        swept, wrong_sweeps = sweeps(crowd, client, fewer, seed)
    violations = wrong_claims + wrong_others + wrong_dispatches + wrong_sweeps
    met = sum(sum(go.held for go in goes) > 1 for goes in claimed)
    if met == 0:
        violations.append("no two claimed a document at the same moment, so nothing was shown")
    figure = (
        f"{size} claimers x {documents} documents: {_won(claimed)} winners, {met} contended, {_pace(claimed)}; "
        f"{_won(taken)} of {fewer} claimed that others cancel and take away; "
        f"{size} dispatchers x {fewer}: {dispatched} submits; {size} sweepers x {fewer}: {swept} submits"
    )
    return Result(figure=figure, violations=violations)


def _won(races: Sequence[Sequence[Go]]) -> int:
    return sum(go.outcome == WON for goes in races for go in goes if go.wanted == CLAIM)


def _pace(races: Sequence[Sequence[Go]]) -> str:
    milliseconds = quantiles([1000 * go.seconds for goes in races for go in goes], n=100)
    return f"a claim takes {milliseconds[49]:.0f} ms (p50), {milliseconds[98]:.0f} ms (p99)"
