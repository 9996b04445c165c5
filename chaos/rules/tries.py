"""Something that somebody tries at Firestore's door, and what has to come of it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from chaos.rules.creation import Creation
from local.firebase_user import FirebaseUser

GRANTED = 200
FORBIDDEN = 403
"""The rules refuse it."""
UNHEARD = 400
"""Firestore refuses it before it asks the rules: no document can have such a name, or such a key."""
EXISTS = 409
"""Firestore refuses it: it is there already."""


@dataclass(frozen=True, kw_only=True)
class Try:
    """One request over REST."""

    what: str
    user: FirebaseUser
    suffix: str
    """What follows `documents` in its URL."""
    body: Mapping[str, Any] | None
    """None: it is a GET."""
    answer: int = FORBIDDEN
    """The HTTP status that it has to get."""
    creation: Creation | None = None
    """The one document that it is about, where contracts/ can have a say too."""
    contracts_accept: bool = False
    """What they have to say of it."""

    def __str__(self) -> str:
        body = json.dumps(self.body, ensure_ascii=False)
        return f"{self.what}: {self.user.uid!r} asks {self.suffix} {body}"


Draw = Callable[[Random], Try]
"""Draws a try of one kind."""


def commit(what: str, user: FirebaseUser, writes: Iterable[Mapping[str, Any]], *, answer: int = FORBIDDEN) -> Try:
    """Writes, all or none of them."""
    return Try(what=what, user=user, suffix=":commit", body={"writes": list(writes)}, answer=answer)
