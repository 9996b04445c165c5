"""The adapters in memory and those on the emulators do the same, and a real one that does not is seen."""

from collections.abc import Iterator

import pytest

from adapters.firestore_generations import FirestoreGenerations
from chaos.differences.run import compare, emulators

pytestmark = pytest.mark.own_stack

FEW = 40


@pytest.fixture(scope="module")
def storage_url() -> Iterator[str]:
    with emulators() as url:
        yield url


def test_nothing_differs(storage_url: str) -> None:
    result = compare(1, FEW, storage_url)

    assert result.violations == []
    assert result.figure.startswith(f"{FEW} sequences, ")


def test_a_write_without_its_precondition_is_seen(storage_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FirestoreGenerations, "_unchanged", lambda *_: None)

    violation, *_ = compare(1, FEW, storage_url).violations

    assert "meanwhile" in violation
    assert "of seed 1" in violation
