"""A user of the app, seen from outside: signs in, writes and reads through the security rules, over REST.

This is what a page does with the firebase SDK; the demo and the tests do it without a browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import requests

from local.emulator_environment import PROJECT
from local.firestore_json import ServerTimestamp, decode_fields, encode
from local.ports import address

BUCKET = f"{PROJECT}.firebasestorage.app"
AUTH = f"http://{address('auth')}"
FIRESTORE = f"http://{address('firestore')}"
STORAGE = f"http://{address('storage')}"
DOCUMENTS = f"projects/{PROJECT}/databases/(default)/documents"
TIMEOUT_SECONDS = 30
OWNER_TOKEN = "owner"  # noqa: S105 - what the emulators call an administrator


def creating(path: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """One write of a commit that creates a document. Top-level values may be `SERVER_TIMESTAMP`."""
    stamps = [key for key, value in fields.items() if isinstance(value, ServerTimestamp)]
    kept = {key: encode(value) for key, value in fields.items() if key not in stamps}
    return {
        "update": {"name": f"{DOCUMENTS}/{path}", "fields": kept},
        "updateTransforms": [{"fieldPath": key, "setToServerValue": "REQUEST_TIME"} for key in stamps],
        "currentDocument": {"exists": False},
    }


@dataclass(frozen=True, kw_only=True)
class FirebaseUser:
    """Somebody with a token, or nobody (`token` None), or the emulators' administrator (`owner`)."""

    uid: str
    token: str | None

    @classmethod
    def sign_up(cls) -> Self:
        """A new anonymous user of the Auth emulator."""
        answer = requests.post(
            f"{AUTH}/identitytoolkit.googleapis.com/v1/accounts:signUp",
            params={"key": "emulator"},
            json={"returnSecureToken": True},
            timeout=TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        return cls(uid=answer.json()["localId"], token=answer.json()["idToken"])

    @classmethod
    def owner(cls) -> Self:
        """The administrator, whom no rule binds."""
        return cls(uid=OWNER_TOKEN, token=OWNER_TOKEN)

    def create(self, path: str, fields: Mapping[str, Any]) -> requests.Response:
        """Create a document. Top-level values may be `SERVER_TIMESTAMP`."""
        return self._firestore("POST", ":commit", {"writes": [creating(path, fields)]})

    def update(self, path: str, fields: Mapping[str, Any]) -> requests.Response:
        """Overwrite some fields of a document that exists."""
        write = {
            "update": {
                "name": f"{DOCUMENTS}/{path}",
                "fields": {key: encode(value) for key, value in fields.items()},
            },
            "updateMask": {"fieldPaths": list(fields)},
            "currentDocument": {"exists": True},
        }
        return self._firestore("POST", ":commit", {"writes": [write]})

    def delete(self, path: str) -> requests.Response:
        """Remove a document."""
        return self._firestore("POST", ":commit", {"writes": [{"delete": f"{DOCUMENTS}/{path}"}]})

    def get(self, path: str) -> requests.Response:
        """Get a document."""
        return self._firestore("GET", "/" + quote(path), None)

    def read(self, path: str) -> dict[str, Any] | None:
        """The fields of a document, or None where there is none."""
        answer = self.get(path)
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        return decode_fields(answer.json())

    def upload(self, name: str, content: bytes, content_type: str) -> requests.Response:
        """Upload an object through Firebase's API, where the rules hold."""
        return requests.post(
            f"{STORAGE}/v0/b/{BUCKET}/o",
            params={"name": name},
            data=content,
            headers={**self._headers(), "Content-Type": content_type},
            timeout=TIMEOUT_SECONDS,
        )

    def download(self, name: str) -> requests.Response:
        """Download an object through Firebase's API, without a download token."""
        return requests.get(self._object_url(name), params={"alt": "media"}, headers=self._headers(), timeout=30)

    def remove_object(self, name: str) -> requests.Response:
        """Remove an object through Firebase's API."""
        return requests.delete(self._object_url(name), headers=self._headers(), timeout=TIMEOUT_SECONDS)

    def describe_object(self, name: str, metadata: Mapping[str, Any]) -> requests.Response:
        """Change an object's metadata through Firebase's API."""
        return requests.patch(
            self._object_url(name), json=metadata, headers=self._headers(), timeout=TIMEOUT_SECONDS
        )

    def list_objects(self, folder: str) -> requests.Response:
        """List a folder through Firebase's API."""
        return requests.get(
            f"{STORAGE}/v0/b/{BUCKET}/o",
            params={"prefix": f"{folder}/", "delimiter": "/"},
            headers=self._headers(),
            timeout=TIMEOUT_SECONDS,
        )

    def _object_url(self, name: str) -> str:
        return f"{STORAGE}/v0/b/{BUCKET}/o/{quote(name, safe='')}"

    def _firestore(self, method: str, suffix: str, body: Mapping[str, Any] | None) -> requests.Response:
        return requests.request(
            method,
            f"{FIRESTORE}/v1/{DOCUMENTS}{suffix}",
            json=body,
            headers=self._headers(),
            timeout=TIMEOUT_SECONDS,
        )

    def _headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
