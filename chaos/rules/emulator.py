"""The Firestore emulator, which has to run already: asked many things at once, and what it tells of its rules."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from chaos.rules.creation import Creation
from chaos.rules.tries import Try
from local.emulator_environment import PROJECT
from local.firebase_user import DOCUMENTS, FIRESTORE, TIMEOUT_SECONDS, FirebaseUser

AT_ONCE = 8
OF_EMULATOR = f"{FIRESTORE}/emulator/v1/projects/{PROJECT}"
OWNER = FirebaseUser.owner()


class Emulator:
    """A few connections to it."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # around any proxy
        self._session.mount("http://", HTTPAdapter(pool_maxsize=AT_ONCE))
        self._threads = ThreadPoolExecutor(AT_ONCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown()
        self._session.close()

    def empty(self) -> None:
        """Forget every document."""
        self._told("DELETE", "/databases/(default)/documents")

    def hold(self, rules: str) -> None:
        """Let these rules hold from now on. What the last ones came to is forgotten."""
        self._told("PUT", ":securityRules", {"rules": {"files": [{"name": "firestore.rules", "content": rules}]}})

    def coverage(self) -> list[dict[str, Any]]:
        """What each expression of the rules has come to since they hold."""
        report: list[dict[str, Any]] = self._told("GET", ":ruleCoverage").json()["report"]
        return report

    def write(self, creations: Iterable[Creation]) -> None:
        """Write documents as the administrator."""
        for creation in creations:
            self._asked(
                Try(what="", user=OWNER, suffix=":commit", body={"writes": [creation.write]})
            ).raise_for_status()

    def answers(self, tries: Iterable[Try]) -> Iterator[int]:
        """The HTTP status of each, in their order."""
        return self._threads.map(lambda one: self._asked(one).status_code, tries)

    def documents(self) -> dict[str, str]:
        """When each document that is there was written last, by its path."""
        query = {"structuredQuery": {"from": [{"allDescendants": True}]}}
        found = self._asked(Try(what="", user=OWNER, suffix=":runQuery", body=query))
        found.raise_for_status()
        documents = [row["document"] for row in found.json() if "document" in row]
        return {one["name"].removeprefix(f"{DOCUMENTS}/"): one["updateTime"] for one in documents}

    def _asked(self, one: Try) -> requests.Response:
        return self._session.request(
            "GET" if one.body is None else "POST",
            f"{FIRESTORE}/v1/{DOCUMENTS}{quote(one.suffix, safe='/:')}",
            json=one.body,
            headers=one.user._headers(),
            timeout=TIMEOUT_SECONDS,
        )

    def _told(self, method: str, suffix: str, body: Any = None) -> requests.Response:  # noqa: ANN401 - any JSON
        answer = self._session.request(method, OF_EMULATOR + suffix, json=body, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer
