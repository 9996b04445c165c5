"""What a request demands of the object that is there, as Cloud Storage has it.

Source: https://cloud.google.com/storage/docs/request-preconditions
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

GENERATION = "generation"
"""Asks for one version. There is no versioning here, so that any but the live one is not found."""


class Live(NamedTuple):
    """The version that is there; zeros where there is none."""

    generation: int
    metageneration: int


NONE = Live(0, 0)
MATCH = {"ifGenerationMatch": "generation", "ifMetagenerationMatch": "metageneration"}
NOT_MATCH = {"ifGenerationNotMatch": "generation", "ifMetagenerationNotMatch": "metageneration"}


def conditions_in(query: Mapping[str, str]) -> dict[str, str]:
    """Those of a request's parameters that demand something."""
    return {name: query[name] for name in (*MATCH, *NOT_MATCH, GENERATION) if name in query}


def refusal(conditions: Mapping[str, str], live: Live) -> HTTPStatus | None:
    """With which status the request is refused, or None."""
    wanted = {name: int(value) for name, value in conditions.items()}
    if wanted.get(GENERATION, live.generation) != live.generation:
        return HTTPStatus.NOT_FOUND
    if any(wanted.get(name, getattr(live, of)) != getattr(live, of) for name, of in MATCH.items()):
        return HTTPStatus.PRECONDITION_FAILED
    if any(wanted.get(name) == getattr(live, of) for name, of in NOT_MATCH.items()):
        return HTTPStatus.NOT_MODIFIED
    return None
