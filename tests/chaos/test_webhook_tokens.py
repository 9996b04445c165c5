"""Some of the tokens; and whatever would let one in is seen."""

import base64
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

import pytest

from chaos.webhook_tokens.run import bad_ways, prove
from chaos.webhook_tokens.world import NOW
from contracts import webhook_token
from triggers import rescue, settings, webhook

ONE_OF_EACH = len(bad_ways())


def seen(seed: int = 1) -> str:
    return "\n".join(prove(seed, ONE_OF_EACH).violations)


def test_no_token_that_is_good_for_nothing_makes_us_do_anything() -> None:
    assert prove(1, 3 * ONE_OF_EACH).violations == []


def test_the_same_seed_is_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmac, "compare_digest", lambda _one, _other: True)

    assert seen(2) == seen(2)
    assert seen(2) != seen(3)


def forgiving(one: str, other: str) -> bool:
    """As a comparison of what both stand for would be."""
    try:
        return base64.urlsafe_b64decode(one + "==") == base64.urlsafe_b64decode(other + "==")
    except ValueError:
        return False


def of_whatever_attempt(path: Any, created_at: Any, attempt: int, outside: Any) -> None:  # noqa: ANN401
    del attempt
    found = outside.generations.read(path)
    rescue.follow_hint(path, created_at, getattr(found, "attempt", 0), outside)


def too_short(secret: str) -> str:
    raise ValueError(secret)


class Timeless(webhook_token.Hint):
    """As if it were always now."""

    @classmethod
    def verify(cls, token: str, secret: str, now: datetime) -> Self | None:
        del now
        return super().verify(token, secret, NOW)


BROKEN: dict[str, tuple[object, str, Callable[..., Any]]] = {
    "expired": (webhook, "Hint", Timeless),
    "forged: another secret": (hmac, "compare_digest", lambda _one, _other: True),
    "forged: its signature in another spelling": (hmac, "compare_digest", forgiving),
    "replayed: created anew since": (rescue, "same_moment", lambda _one, _other: True),
    "crossed: another creation's": (rescue, "same_moment", lambda _one, _other: True),
    "replayed: at its next attempt": (webhook, "follow_hint", of_whatever_attempt),
    "crossed: another attempt's": (webhook, "follow_hint", of_whatever_attempt),
    "a genuine token was answered": (webhook, "follow_hint", lambda *_: None),
    "the functions start with a secret of 0 characters": (settings, "check_secret", lambda secret: secret),
    "the functions do not start": (settings, "check_secret", too_short),
    "with a secret of 31 characters its token": (webhook_token, "check_secret", lambda secret: secret),
}


@pytest.mark.parametrize("violation", BROKEN)
def test_what_would_let_one_in_is_seen(violation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BROKEN[violation])

    assert violation in seen()
