"""Users as the security rules meet them: any uid at all, and values that no well-behaved page would send."""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from local import firebase_user
from local.emulator_environment import PROJECT
from local.firebase_user import DOCUMENTS, TIMEOUT_SECONDS, FirebaseUser
from local.firestore_json import ServerTimestamp, encode


@dataclass(frozen=True)
class Raw:
    """A value in Firestore's own JSON, for types that Python has no word for."""

    value: Mapping[str, Any]


def somebody(uid: str | None = None) -> FirebaseUser:
    """A signed-in user, by an unsigned token: the emulators do not verify tokens, so a uid can be anything."""
    uid = uid or f"u{uuid.uuid4().hex}"
    return FirebaseUser(uid=uid, token=unsigned_token(uid))


def nobody() -> FirebaseUser:
    """Somebody who has not signed in."""
    return FirebaseUser(uid="nobody", token=None)


def unsigned_token(uid: str) -> str:
    """An ID token as Firebase Authentication would issue it, without a signature."""
    now = int(time.time())
    payload = {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "auth_time": now,
        "user_id": uid,
        "sub": uid,
        "iat": now,
        "exp": now + 3600,
        "firebase": {"identities": {}, "sign_in_provider": "anonymous"},
    }
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(payload)}."


def create(user: FirebaseUser, path: str, fields: Mapping[str, Any]) -> requests.Response:
    """Create a document whose values may be `Raw` at any depth."""
    return firestore(user, ":commit", {"writes": [creating(path, fields)]})


def creating(path: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """One write of a commit that creates a document."""
    stamps = [key for key, value in fields.items() if isinstance(value, ServerTimestamp)]
    kept = {key: encode_raw(value) for key, value in fields.items() if key not in stamps}
    return {
        "update": {"name": f"{DOCUMENTS}/{path}", "fields": kept},
        "updateTransforms": [{"fieldPath": key, "setToServerValue": "REQUEST_TIME"} for key in stamps],
        "currentDocument": {"exists": False},
    }


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


def encode_raw(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """A Python value as Firestore's JSON, where `Raw` stands for itself."""
    match value:
        case Raw():
            return dict(value.value)
        case list():
            return {"arrayValue": {"values": [encode_raw(item) for item in value]}}
        case Mapping():
            return {"mapValue": {"fields": {key: encode_raw(item) for key, item in value.items()}}}
    return encode(value)


def _segment(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
