"""Users as the security rules meet them: any uid at all, and values that no well-behaved page would send."""

import uuid
from collections.abc import Mapping
from typing import Any

import requests

from local import firebase_user
from local.firebase_user import DOCUMENTS, TIMEOUT_SECONDS, FirebaseUser
from local.unsigned_token import unsigned_token


def somebody(uid: str | None = None) -> FirebaseUser:
    """A signed-in user, by an unsigned token."""
    uid = uid or f"u{uuid.uuid4().hex}"
    return FirebaseUser(uid=uid, token=unsigned_token(uid))


def nobody() -> FirebaseUser:
    """Somebody who has not signed in."""
    return FirebaseUser(uid="nobody", token=None)


def list_documents(user: FirebaseUser, collection: str) -> requests.Response:
    """List a collection."""
    return requests.get(
        f"{firebase_user.FIRESTORE}/v1/{DOCUMENTS}/{collection}",
        headers=user._headers(),
        timeout=TIMEOUT_SECONDS,
    )


def query(user: FirebaseUser, parent: str, collection_id: str, *, everywhere: bool) -> requests.Response:
    """Query a collection, or all collections of that name (a collection-group query)."""
    selected = {"collectionId": collection_id, "allDescendants": everywhere}
    suffix = f"/{parent}:runQuery" if parent else ":runQuery"
    return firestore(user, suffix, {"structuredQuery": {"from": [selected]}})


def firestore(user: FirebaseUser, suffix: str, body: Mapping[str, Any]) -> requests.Response:
    """Post to Firestore as this user."""
    return requests.post(
        f"{firebase_user.FIRESTORE}/v1/{DOCUMENTS}{suffix}",
        json=body,
        headers=user._headers(),
        timeout=TIMEOUT_SECONDS,
    )
