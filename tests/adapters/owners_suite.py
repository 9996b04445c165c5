"""What every `Owners` must do: in memory, against an Auth of a few lines, on the real emulator."""

from typing import Protocol

import pytest

from contracts.ports import Owners, StoreUnavailable


class Accounts(Protocol):
    """Whoever has an account, one who has one and one who has none."""

    @property
    def owners(self) -> Owners: ...
    @property
    def unreachable(self) -> Owners: ...
    @property
    def somebody(self) -> str: ...
    @property
    def nobody(self) -> str: ...


class OwnersSuite:
    def test_who_has_an_account_exists(self, accounts: Accounts) -> None:
        assert accounts.owners.exists(accounts.somebody)

    def test_who_has_none_does_not(self, accounts: Accounts) -> None:
        assert not accounts.owners.exists(accounts.nobody)

    @pytest.mark.parametrize("user_id", ["", "x" * 129, "a/b", "..", "__x__", "\n", "\ud800"], ids=ascii)
    def test_an_id_that_no_account_can_have_is_nobodys(self, accounts: Accounts, user_id: str) -> None:
        assert not accounts.owners.exists(user_id)

    def test_where_nobody_can_say_nobody_is_said_to_be_gone(self, accounts: Accounts) -> None:
        for user_id in (accounts.somebody, accounts.nobody):
            with pytest.raises(StoreUnavailable):
                accounts.unreachable.exists(user_id)
