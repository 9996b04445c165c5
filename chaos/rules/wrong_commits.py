"""Commits of which no single document is to blame: transforms, and several writes at once."""

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any

from chaos.rules import valid
from chaos.rules.creation import Creation
from chaos.rules.spoils import asking, having, this
from chaos.rules.tries import UNHEARD, Draw, Try, commit
from contracts.paths import MediaType
from local.firebase_user import DOCUMENTS
from local.firestore_json import encode

NOW = {"setToServerValue": "REQUEST_TIME"}
TOO_MUCH = {"increment": encode(10**6)}
ONE_MORE = {"appendMissingElements": {"values": [encode("x")]}}
ONE_LESS = {"removeAllFromArray": {"values": [encode("x")]}}
TRANSFORMS: list[tuple[str, Mapping[str, Any]]] = [
    *[("request_data.width", transform) for transform in (TOO_MUCH, {"maximum": encode(10**6)}, ONE_MORE, NOW)],
    *[
        ("request_data.seed", transform)
        for transform in ({"minimum": encode(-1)}, {"maximum": encode(2**53)}, NOW)
    ],
    *[("request_data.prompt", transform) for transform in (TOO_MUCH, ONE_MORE, ONE_LESS, NOW)],
    *[("request_data.colour", transform) for transform in (TOO_MUCH, ONE_MORE, NOW)],
    *[(key, NOW) for key in ("user_id", "file_uid", "status", "request_data", "schema_version")],
    *[("created_at", transform) for transform in (TOO_MUCH, ONE_MORE, {"maximum": encode(2**53)})],
    *[("schema_version", transform) for transform in (TOO_MUCH, {"minimum": encode(0)}, ONE_LESS)],
    *[(key, TOO_MUCH) for key in ("attempt", "failures", "status", "user_id")],
    *[(key, NOW) for key in ("lease_expires_at", "dispatched_at", "modified", "completed_at", "ended_at")],
    *[("attempts", transform) for transform in (ONE_MORE, ONE_LESS)],
]
"""What no page computes: each leaves a document behind that is no creation."""


def wrong_commits() -> list[Draw]:
    """All of them."""
    draws: list[Draw] = [partial(_transformed, path, transform) for path, transform in TRANSFORMS]
    return [
        *draws,
        _one_bad_one,
        _then_changed,
        _then_removed,
        _twice,
        _a_time_alone,
        _and_a_strangers,
        _of_a_past,
    ]


def _generation(random: Random) -> Creation:
    """One with a width, a seed and a version, on which a transform can work."""
    creation = valid.generation(random)
    for change in (asking("width", this(64)), asking("seed", this(1)), having("schema_version", this(1))):
        creation = change(random, creation)
    return creation


def _transformed(path: str, transform: Mapping[str, Any], random: Random) -> Try:
    creation = _generation(random)
    write = creation.write
    kept = [one for one in write["updateTransforms"] if one["fieldPath"] != path]
    write["updateTransforms"] = [*kept, {"fieldPath": path, **transform}]
    return commit(f"{'/'.join(transform)} of {path}", creation.user, [write])


def _one_bad_one(random: Random) -> Try:
    """Good ones do not make up for a bad one, wherever it stands among them."""
    good = [valid.generation(random) for _ in range(random.randint(1, 5))]
    user = good[0].user
    mine = [_of(one, user.uid, str(number)) for number, one in enumerate(good)]
    bad = having("status", this("completed"))(random, _of(_generation(random), user.uid, "bad"))
    mine.insert(random.randrange(len(mine) + 1), bad)
    return commit("one bad creation among good ones", user, [one.write for one in mine])


def _of(creation: Creation, uid: str, document_id: str) -> Creation:
    """The same, asked by another."""
    document_id = f"{creation.document_id[:60]}-{document_id}"
    media_type = MediaType(creation.path.split("/")[-2])
    fields = {
        **creation.fields,
        "user_id": uid,
        "file_uid": document_id,
        "request_data": {"prompt": creation.fields["request_data"]["prompt"]},
    }
    path = f"generations/{uid}/{media_type}/{document_id}"
    return Creation(user=creation.user, path=path, fields=fields)


def _then_changed(random: Random) -> Try:
    creation = _generation(random)
    changed: dict[str, Any] = random.choice(
        [{"status": "completed"}, {"attempt": 1}, {"claim": "x"}, {"created_at": None}]
    )
    update = {
        "update": {
            "name": f"{DOCUMENTS}/{creation.path}",
            "fields": {key: encode(value) for key, value in changed.items()},
        },
        "updateMask": {"fieldPaths": list(changed)},
    }
    return commit("a good creation that the same commit makes bad", creation.user, [creation.write, update])


def _then_removed(random: Random) -> Try:
    creation = _generation(random)
    removal = {"delete": f"{DOCUMENTS}/{creation.path}"}
    return commit("a creation that the same commit removes", creation.user, [creation.write, removal])


def _twice(random: Random) -> Try:
    creation = _generation(random)
    return commit("one creation twice", creation.user, [creation.write, creation.write], answer=UNHEARD)


def _a_time_alone(random: Random) -> Try:
    creation = _generation(random)
    transform = {
        "document": f"{DOCUMENTS}/{creation.path}",
        "fieldTransforms": [{"fieldPath": "created_at", **NOW}],
    }
    return commit("a time without a document", creation.user, [{"transform": transform}])


def _and_a_strangers(random: Random) -> Try:
    """With one of one's own goes one in somebody else's folder."""
    mine, anothers = _generation(random), _generation(random)
    return commit("one's own and a stranger's", mine.user, [mine.write, anothers.write])


def _of_a_past(random: Random) -> Try:
    """An update of what is not there, which would create it."""
    creation = _generation(random)
    write = {**creation.write, "currentDocument": {"exists": True}}
    return commit("an update of nothing", creation.user, [write])
