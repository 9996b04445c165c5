"""Eight processes at each of a few documents, on the real Firestore emulator; `make chaos` takes more of them."""

import os
from collections.abc import Iterator

import pytest

from chaos.contention.run import prove
from local.emulator_environment import client_environment, no_proxy
from local.emulator_suite import EmulatorSuite

pytestmark = pytest.mark.own_stack

FEW = 20


@pytest.fixture(scope="module")
def firestore() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (client_environment() | no_proxy(os.environ)).items():
            patch.setenv(name, value)
        with EmulatorSuite(only={"firestore"}):
            yield


@pytest.mark.usefixtures("firestore")
def test_each_document_has_one_winner_whoever_comes_at_the_same_moment() -> None:
    result = prove(1, FEW)

    assert result.violations == []
    assert f"{FEW} winners" in result.figure
