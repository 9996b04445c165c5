"""A valid creation with one thing wrong with it, which by itself is enough to refuse it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

from chaos.rules import valid
from chaos.rules.creation import Creation
from chaos.rules.kinds import KINDS
from chaos.rules.tries import FORBIDDEN, Draw, Try

Change = Callable[[Random, Creation], Creation]
Value = Callable[[Random, Creation], Any]


@dataclass(frozen=True, kw_only=True)
class Spoil:
    """What is wrong, and how it gets so."""

    what: str
    of: str
    """The collection whose documents it spoils."""
    change: Change
    answer: int = FORBIDDEN
    contracts_accept: bool = False
    """Whether contracts/ cannot see what is wrong: who wrote it, and by whose clock."""

    @property
    def draw(self) -> Draw:
        """As a try."""
        return partial(_spoiled, self)


def _spoiled(spoil: Spoil, random: Random) -> Try:
    creation = spoil.change(random, valid.creation(random, spoil.of))
    return Try(
        what=f"{spoil.of}: {spoil.what}",
        user=creation.user,
        suffix=":commit",
        body={"writes": [creation.write]},
        answer=spoil.answer,
        creation=creation,
        contracts_accept=spoil.contracts_accept,
    )


def having(key: str, value: Value) -> Change:
    """With another value for a field."""
    return lambda random, creation: replace(creation, fields={**creation.fields, key: value(random, creation)})


def lacking(key: str) -> Change:
    """Without a field."""
    return lambda _, creation: replace(creation, fields=_less(creation.fields, key))


def asking(key: str, value: Value) -> Change:
    """With another value for a key of `request_data`."""
    return having(
        "request_data", lambda random, creation: {**creation.fields["request_data"], key: value(random, creation)}
    )


def not_asking(key: str) -> Change:
    """Without a key of `request_data`."""
    return having("request_data", lambda _, creation: _less(creation.fields["request_data"], key))


def this(value: Any) -> Value:  # noqa: ANN401 - any value
    """Always the same."""
    return lambda _random, _creation: value


def one_of(values: Sequence[Any]) -> Value:
    """One of these."""
    return lambda random, _: random.choice(values)


def of_kind(kind: str) -> Value:
    """Some value of one of Firestore's types."""
    return lambda random, _: KINDS[kind](random)


def _less(fields: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != key}
