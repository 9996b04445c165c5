"""A crowd that somebody falls out of says what was wrong, and does not wait for him."""

import pytest
from google.cloud import firestore

from chaos.contention.crowd import Crowd

NOBODY_LISTENS = "127.0.0.1:1"


def fall(number: int, _client: firestore.Client, item: int) -> int:
    """The second of them, at the third item."""
    if (number, item) == (1, 2):
        raise ValueError(item)
    return number


def test_who_falls_out_is_heard_and_not_those_who_waited_for_him(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", NOBODY_LISTENS)

    with Crowd(2, "demo-crowd") as crowd:
        assert crowd.all_do(fall, [0, 1]) == [[0, 1], [0, 1]]
        with pytest.raises(ValueError, match="2"):
            crowd.all_do(fall, [0, 1, 2, 3])
