"""Tokens that we have signed, and that are good for nothing: not any more, or not for what is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from chaos.webhook_tokens.genuine import Genuine, genuine, new_secret
from chaos.webhook_tokens.world import NOW
from contracts.paths import GenerationPath, MediaType

REFUSED, HEARD = 404, 200
"""What the function answers: it knows no such token, or it does and has looked at its document."""
Documents = Mapping[GenerationPath, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A token, what is there when it comes, and what is to be answered."""

    what: str
    token: str
    documents: Documents
    now: datetime = NOW
    answer: int = HEARD


Draw = Callable[[Random, Genuine], Case]


def alive(one: Genuine) -> Documents:
    """Its document, while its attempt lives."""
    return {one.hint.path: one.fields}


def _expired(random: Random, one: Genuine) -> Case:
    late = random.choice([timedelta(0), timedelta(microseconds=1), timedelta(days=random.randint(1, 3650))])
    now = one.hint.expires_at + late
    return Case(what="expired", token=one.token, documents=alive(one), now=now, answer=REFUSED)


def _of_another_deployment(random: Random, one: Genuine) -> Case:
    token = one.hint.sign(new_secret(random))
    return Case(what="crossed: another deployment's", token=token, documents=alive(one), answer=REFUSED)


def _replayed(what: str, changed: Callable[[Random, Genuine], Mapping[str, Any]]) -> Draw:
    """The same token again, after the document has moved on."""
    return lambda random, one: Case(
        what=f"replayed: {what}",
        token=one.token,
        documents={one.hint.path: {**one.fields, **changed(random, one)}},
    )


def _ended(status: str) -> Draw:
    return _replayed(f"{status} since", lambda _random, _one: {"status": status, "modified": NOW})


def _next_attempt(_: Random, one: Genuine) -> dict[str, Any]:
    return {"attempt": one.hint.attempt + 1, "runpod_job_id": "job-of-the-next-attempt"}


def _waiting(_: Random, one: Genuine) -> dict[str, Any]:
    return {"attempt": one.hint.attempt + 1, "status": "queued", "stage": "waiting"}


def _created_anew(random: Random, one: Genuine) -> dict[str, Any]:
    later = random.choice([timedelta(microseconds=1), timedelta(seconds=random.randint(1, 60))])
    return {"created_at": one.hint.created_at + later, "runpod_job_id": "job-of-the-next-one"}


def _gone(_: Random, one: Genuine) -> Case:
    return Case(what="replayed: removed since", token=one.token, documents={})


def _crossed(what: str, another: Callable[[Random, Genuine], Genuine]) -> Draw:
    """A good token of ours for what is not there, while something like it is."""
    return lambda random, one: Case(
        what=f"crossed: {what}", token=another(random, one).token, documents=alive(one)
    )


def _for(one: Genuine, **changed: Any) -> Genuine:  # noqa: ANN401 - parts of its path
    path = replace(one.hint.path, **changed)
    return replace(one, hint=replace(one.hint, path=path))


def _another_user(_: Random, one: Genuine) -> Genuine:
    return _for(one, user_id=one.hint.path.user_id.swapcase())


def _another_job(random: Random, one: Genuine) -> Genuine:
    file_uid = one.hint.path.file_uid
    return _for(one, file_uid=random.choice([file_uid + "_0", file_uid[:-1] + "g", file_uid.swapcase()]))


def _another_media_type(_: Random, one: Genuine) -> Genuine:
    (other,) = set(MediaType) - {one.hint.path.media_type}
    return _for(one, media_type=other)


def _another_attempt(random: Random, one: Genuine) -> Genuine:
    others = [one.hint.attempt + 1, one.hint.attempt + random.randint(2, 2**40), one.hint.attempt - 1]
    attempt = random.choice([number for number in others if number > 0])
    return replace(one, hint=replace(one.hint, attempt=attempt))


def _another_creation(random: Random, one: Genuine) -> Genuine:
    off = random.choice([timedelta(microseconds=1), timedelta(hours=1)]) * random.choice([-1, 1])
    return replace(one, hint=replace(one.hint, created_at=one.hint.created_at + off))


def _anothers(random: Random, one: Genuine) -> Genuine:
    return genuine(random, one.secret)


OUTLIVED: list[Draw] = [
    _expired,
    _of_another_deployment,
    _gone,
    *[_ended(status) for status in ("completed", "failed", "cancelled")],
    _replayed("at its next attempt", _next_attempt),
    _replayed("waiting for its next attempt", _waiting),
    _replayed("created anew since", _created_anew),
    _crossed("another user's", _another_user),
    _crossed("another job's", _another_job),
    _crossed("another media type's", _another_media_type),
    _crossed("another attempt's", _another_attempt),
    _crossed("another creation's", _another_creation),
    _crossed("of something else altogether", _anothers),
]
"""Every way."""
