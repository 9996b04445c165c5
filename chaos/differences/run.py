"""The seventh proof: so many sequences on the emulators, and no difference."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from chaos.differences.applying import TRANSITIONS
from chaos.differences.on_emulators import OnEmulators, Project
from chaos.differences.sequences import Account, Outcomes, run
from chaos.emulators import environment
from chaos.proof import Result
from chaos.storage_preconditions.serving import storage_preconditions
from local.emulator_suite import EmulatorSuite
from local.firebase_user import STORAGE

ENOUGH = 2_000
ALL_KINDS = 500
"""So many sequences must have seen each transition written and refused."""
AT_ONCE = 3
NO_TRACES = {"DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA": "true"}


def prove(seed: int, sequences: int = ENOUGH) -> Result:
    """Start the emulators, and look for differences on them."""
    with emulators() as storage_url:
        return compare(seed, sequences, storage_url)


@contextmanager
def emulators() -> Iterator[str]:
    """Firestore, and the base URL of a Storage that holds to preconditions."""
    with (
        environment(**NO_TRACES),
        EmulatorSuite(only={"firestore", "storage"}),
        storage_preconditions(STORAGE) as url,
    ):
        yield url


def compare(seed: int, sequences: int, storage_url: str) -> Result:
    """Look for differences on emulators that run."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        shares = threads.map(
            lambda first: _share(seed, range(first, sequences, AT_ONCE), storage_url), range(AT_ONCE)
        )
        accounts = dict(pair for share in shares for pair in share.items())
    outcomes: Outcomes = sum((account.outcomes for account in accounts.values()), Counter())
    kinds = {kind for kind, _ in outcomes}
    parted = [number for number in sorted(accounts) if accounts[number].difference]
    return Result(
        figure=f"{len(accounts):,} sequences, {outcomes.total():,} operations of {len(kinds)} kinds "
        f"with {len(outcomes)} outcomes; {len(parted)} differences",
        violations=[_again(seed, number, accounts[number]) for number in parted]
        + (_never(outcomes) if sequences >= ALL_KINDS else []),
    )


def _share(seed: int, numbers: range, storage_url: str) -> Mapping[int, Account]:
    project = Project(storage_url)
    return {number: run(seed, number, OnEmulators(project)) for number in numbers}


def _again(seed: int, number: int, account: Account) -> str:
    done = "\n  ".join(account.done)
    return f"sequence {number} of seed {seed}:\n  {done}\n  {account.difference}"


def _never(outcomes: Outcomes) -> list[str]:
    """What should have come up, or nothing is shown."""
    applied = {kind for kind, outcome in outcomes if outcome == "Applied"}
    refused = {kind for kind, outcome in outcomes if outcome not in {"Applied", "gone"}}
    wanted = {name + how for name in TRANSITIONS for how in ("", ", overtaken", ", going on")}
    return [f"{kind} was never written" for kind in sorted(wanted - applied)] + [
        f"{kind} was never refused" for kind in sorted(wanted - refused)
    ]
