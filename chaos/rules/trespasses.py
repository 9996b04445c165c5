"""What nobody may do to documents that are there: read somebody else's, change or remove any."""

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any

from chaos.rules import valid
from chaos.rules.creation import Creation
from chaos.rules.tries import EXISTS, Draw, Try, commit
from contracts.command import COMMANDS
from contracts.paths import MediaType
from local.firebase_user import DOCUMENTS, FirebaseUser
from local.firestore_json import encode

NOBODY = FirebaseUser(uid="nobody", token=None)
CHANGES: list[Mapping[str, Any]] = [
    {"status": "cancelled"}, {"status": "queued"}, {"attempt": 7}, {"claim": "mine"}, {"starred": True},
    {"request_data": {"prompt": "y"}}, {"user_id": "stranger"}, {"created_at": None}, {"type": "delete"},
]  # fmt: skip
EVERYTHING = {"allDescendants": True}
IN_ALL_FOLDERS = [{"collectionId": name, "allDescendants": True} for name in (*MediaType, COMMANDS)]


def trespasses(there: list[Creation]) -> list[Draw]:
    """All of them, to documents that are there."""
    reads = [_get, _get_many, _verify, _list, _search, _count, _search_below]
    changes = [_change, _replace, _remove, _remove_if_there, _count_up, _create_anew]
    alone = [_search_everywhere, _search_everywhere_for_his_own, _list_collections, _list_users, _batch_write]
    return [partial(one, there) for one in (*reads, *changes, *alone, _overwrite_his_own, _create_his_own_anew)]


def _stranger(random: Random, owner: FirebaseUser) -> FirebaseUser:
    uids = [owner.uid + "x", owner.uid[:-1], owner.uid.swapcase()]
    return random.choice([NOBODY, valid.anybody(random), *map(valid.signed_in, uids)])


def _anybody_at_all(random: Random, owner: FirebaseUser) -> FirebaseUser:
    return random.choice([owner, _stranger(random, owner)])


def _name(one: Creation) -> str:
    return f"{DOCUMENTS}/{one.path}"


def _folder(one: Creation) -> str:
    return "/".join(one.path.split("/")[:2])


def _get(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    path = random.choice([one.path, one.path + "-not-there", _folder(one), one.path + "/more/x"])
    return Try(what="get", user=_stranger(random, one.user), suffix=f"/{path}", body=None)


def _get_many(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    body: dict[str, Any] = {"documents": [_name(one)]}
    if random.random() < 0.5:
        body["newTransaction"] = {"readOnly": {}}
    return Try(what="get many", user=_stranger(random, one.user), suffix=":batchGet", body=body)


def _verify(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    write = {"verify": _name(one), "currentDocument": {"exists": random.random() < 0.5}}
    return commit("verify", _stranger(random, one.user), [write])


def _list(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    path = one.path.rpartition("/")[0]
    return Try(what="list", user=_stranger(random, one.user), suffix=f"/{path}", body=None)


def _query(one: Creation, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a query
    return {"from": [{"collectionId": one.path.split("/")[2]}], **more}


def _equal(key: str, value: str) -> dict[str, Any]:
    return {"fieldFilter": {"field": {"fieldPath": key}, "op": "EQUAL", "value": encode(value)}}


def _search(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    stranger = _stranger(random, one.user)
    more: dict[str, Any] = random.choice([{}, {"limit": 1}, {"where": _equal("user_id", stranger.uid)}])
    query = {"structuredQuery": _query(one, **more)}
    return Try(what="search", user=stranger, suffix=f"/{_folder(one)}:runQuery", body=query)


def _search_below(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    query = {"structuredQuery": {"from": [random.choice([*IN_ALL_FOLDERS, EVERYTHING])]}}
    user = _stranger(random, one.user)
    return Try(what="search all below", user=user, suffix=f"/{_folder(one)}:runQuery", body=query)


def _count(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    aggregation = {"structuredQuery": _query(one), "aggregations": [{"count": {}, "alias": "count"}]}
    return Try(
        what="count",
        user=_stranger(random, one.user),
        suffix=f"/{_folder(one)}:runAggregationQuery",
        body={"structuredAggregationQuery": aggregation},
    )


def _search_everywhere(there: list[Creation], random: Random) -> Try:
    user = _anybody_at_all(random, random.choice(there).user)
    query = {"structuredQuery": {"from": [random.choice([*IN_ALL_FOLDERS, EVERYTHING])]}}
    return Try(what="search everywhere", user=user, suffix=":runQuery", body=query)


def _search_everywhere_for_his_own(there: list[Creation], random: Random) -> Try:
    """Of all users' documents, even those that are his."""
    user = random.choice(there).user
    query = {"from": [random.choice(IN_ALL_FOLDERS)], "where": _equal("user_id", user.uid)}
    return Try(
        what="search everywhere for his own", user=user, suffix=":runQuery", body={"structuredQuery": query}
    )


def _list_collections(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    suffix = random.choice(["", f"/{_folder(one)}", f"/{one.path}"]) + ":listCollectionIds"
    return Try(what="list collections", user=_anybody_at_all(random, one.user), suffix=suffix, body={})


def _list_users(there: list[Creation], random: Random) -> Try:
    user = _anybody_at_all(random, random.choice(there).user)
    return Try(what="list users", user=user, suffix="/generations", body=None)


def _update(one: Creation, changed: Mapping[str, Any]) -> dict[str, Any]:
    return {"update": {"name": _name(one), "fields": {key: encode(value) for key, value in changed.items()}}}


def _change(there: list[Creation], random: Random) -> Try:
    one, changed = random.choice(there), random.choice(CHANGES)
    write = {**_update(one, changed), "updateMask": {"fieldPaths": list(changed)}}
    if random.random() < 0.5:
        write["currentDocument"] = {"exists": True}
    return commit("change", _anybody_at_all(random, one.user), [write])


def _replace(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    return commit("replace", _anybody_at_all(random, one.user), [_update(one, random.choice([{}, *CHANGES]))])


def _remove(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    return commit("remove", _anybody_at_all(random, one.user), [{"delete": _name(one)}])


def _remove_if_there(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    write = {"delete": _name(one), "currentDocument": {"exists": True}}
    return commit("remove if it is there", _anybody_at_all(random, one.user), [write])


def _count_up(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    transforms = [{"fieldPath": random.choice(["attempt", "failures", "created_at"]), "increment": encode(1)}]
    write = {"transform": {"document": _name(one), "fieldTransforms": transforms}}
    return commit("count up", _anybody_at_all(random, one.user), [write])


def _batch_write(there: list[Creation], random: Random) -> Try:
    """A call that is for servers alone."""
    one = random.choice(there)
    body = {"writes": [{"delete": _name(one)}]}
    return Try(what="batch write", user=_anybody_at_all(random, one.user), suffix=":batchWrite", body=body)


def _create_anew(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    return commit("create a stranger's anew", _stranger(random, one.user), [one.write])


def _overwrite_his_own(there: list[Creation], random: Random) -> Try:
    """As if it had never been: a job that has ended would begin again, under the same id."""
    one = random.choice(there)
    write = one.write
    del write["currentDocument"]
    return commit("overwrite his own", one.user, [write])


def _create_his_own_anew(there: list[Creation], random: Random) -> Try:
    one = random.choice(there)
    return commit("create his own anew", one.user, [one.write], answer=EXISTS)


def documents_that_are_there(random: Random) -> list[Creation]:
    """Some of each collection."""
    return [valid.creation(random, collection) for collection in [*MediaType, COMMANDS] for _ in range(10)]
