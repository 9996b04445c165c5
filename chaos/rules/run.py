"""The sixth proof: whatever is malicious is refused, whatever is valid is not, and each expression was needed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from chaos.proof import Result
from chaos.rules import valid
from chaos.rules.coverage import Coverage
from chaos.rules.creation import contracts_accept
from chaos.rules.emulator import Emulator
from chaos.rules.trespasses import documents_that_are_there, trespasses
from chaos.rules.tries import FORBIDDEN, GRANTED, Draw, Try
from chaos.rules.wrong_commits import wrong_commits
from chaos.rules.wrong_envelopes import wrong_envelopes
from chaos.rules.wrong_requests import wrong_requests

RULES = (Path(__file__).parent.parent.parent / "firestore.rules").read_text(encoding="utf-8")
MALICIOUS, VALID, TRESPASSES = 5_000, 500, 1_000
COMMANDS_AMONG_THEM = 0.2
AT_A_TIME = 500
"""The emulator keeps every value that an expression ever had; after so many it is told to forget them."""


def prove(
    seed: int,
    malicious: int = MALICIOUS,
    valid_ones: int = VALID,
    trespassing: int = TRESPASSES,
    *,
    rules: str = RULES,
) -> Result:
    """Ask the Firestore emulator, which has to run; every document in it is forgotten."""
    random = Random(seed)
    there = documents_that_are_there(random)
    good = [_valid(random) for _ in range(valid_ones)]
    bad = list(_drawn(random, malicious_creations(), malicious))
    bad += _drawn(random, trespasses(there), trespassing)
    coverage = Coverage(rules)
    with Emulator() as emulator:
        emulator.hold(rules)
        emulator.empty()
        emulator.write(there)
        before = emulator.documents()
        looks = map(_look, good)
        violations = [
            wrong for tries in (good, looks, bad) for wrong in wrong_answers(emulator, list(tries), coverage)
        ]
        violations += _changed(before, emulator.documents(), good)
    violations += [f"contracts/ do not agree: {one}" for one in (*good, *bad) if not _agreed(one)]
    answers = Counter(one.answer for one in bad)
    return Result(
        figure=f"{malicious:,} malicious creations and {trespassing:,} trespasses, of "
        f"{len({one.what for one in bad}):,} kinds, {answers[FORBIDDEN]:,} of them up to the rules; "
        f"{valid_ones:,} valid creations; {len(coverage)} expressions, {coverage.both} both true and false",
        violations=violations + coverage.gaps(),
    )


def malicious_creations() -> list[Draw]:
    """Every kind there is."""
    return [spoil.draw for spoil in (*wrong_requests(), *wrong_envelopes())] + wrong_commits()


def _drawn(random: Random, draws: Sequence[Draw], count: int) -> Iterator[Try]:
    """Each kind as often as any other, in any order."""
    shuffled = random.sample(draws, len(draws))
    return (shuffled[number % len(shuffled)](random) for number in range(count))


def _valid(random: Random) -> Try:
    creation = valid.command(random) if random.random() < COMMANDS_AMONG_THEM else valid.generation(random)
    return Try(
        what="a valid creation",
        user=creation.user,
        suffix=":commit",
        body={"writes": [creation.write]},
        answer=GRANTED,
        creation=creation,
        contracts_accept=True,
    )


def _look(written: Try) -> Try:
    assert written.creation
    return replace(written, what="a look at it", suffix=f"/{written.creation.path}", body=None)


def wrong_answers(emulator: Emulator, tries: Sequence[Try], coverage: Coverage) -> Iterator[str]:
    """Ask them all: what was answered otherwise than it has to be. The coverage learns what the rules came to."""
    for first in range(0, len(tries), AT_A_TIME):
        some = tries[first : first + AT_A_TIME]
        for one, answer in zip(some, emulator.answers(some), strict=True):
            if answer != one.answer:
                yield f"answered {answer} instead of {one.answer}: {one}"
        coverage.add(emulator.coverage())
        emulator.hold(coverage.rules)


def _changed(before: Mapping[str, str], after: Mapping[str, str], good: Sequence[Try]) -> Iterator[str]:
    """What the answers do not tell: a document that nobody may have written, and one that is not as it was."""
    valid_paths = {one.creation.path for one in good if one.creation}
    yield from (f"is there: {path}" for path in after.keys() - before.keys() - valid_paths)
    yield from (f"was changed or removed: {path}" for path, time in before.items() if after.get(path) != time)


def _agreed(one: Try) -> bool:
    return one.creation is None or contracts_accept(one.creation) is one.contracts_accept
