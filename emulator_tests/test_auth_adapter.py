"""`FirebaseOwners` on the real Auth emulator: the same suite that holds the twin in memory to account."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from adapters.firebase_owners import FirebaseOwners
from local.emulator_environment import PROJECT
from local.firebase_user import FirebaseUser
from local.ports import address
from tests.adapters.firebase_accounts import NOBODY_LISTENS, owners_at
from tests.adapters.owners_suite import OwnersSuite

pytestmark = pytest.mark.usefixtures("safelight")


@dataclass(frozen=True, kw_only=True)
class EmulatedAccounts:
    owners: FirebaseOwners
    unreachable: FirebaseOwners
    somebody: str
    nobody: str = "nobody-with-this-id"


class TestFirebaseOwners(OwnersSuite):
    @pytest.fixture
    def accounts(self) -> Iterator[EmulatedAccounts]:
        user = FirebaseUser.sign_up()
        with owners_at(address("auth"), PROJECT) as owners, owners_at(NOBODY_LISTENS) as unreachable:
            yield EmulatedAccounts(owners=owners, unreachable=unreachable, somebody=user.uid)
