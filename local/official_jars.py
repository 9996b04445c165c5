"""The emulators that firebase-tools downloads by itself, as its own list names them."""

import json
import os
import socket
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from local.layout import NODE_MODULES

LIST = NODE_MODULES / "firebase-tools" / "lib" / "emulator" / "downloadableEmulatorInfo.json"
NEEDED = ("firestore", "pubsub", "storage")
HEAD_SECONDS = 4.0


@dataclass(frozen=True, kw_only=True)
class OfficialJar:
    """One of them."""

    url: str
    path: str
    """Of what is started, below the cache folder."""
    size_bytes: int
    """Of the download."""


def official_jars(listing: Path = LIST) -> list[OfficialJar]:
    """Those that we need, at the versions that this firebase-tools asks for."""
    entries = json.loads(listing.read_text())
    return [
        OfficialJar(
            url=entry["remoteUrl"],
            path=entry.get("binaryPathRelativeToCacheDir") or entry["downloadPathRelativeToCacheDir"],
            size_bytes=entry["expectedSize"],
        )
        for entry in (entries[name] for name in NEEDED)
    ]


def cache_folder() -> Path:
    """Where firebase-tools keeps what it has downloaded."""
    named = os.environ.get("FIREBASE_EMULATORS_PATH")
    return Path(named) if named else Path.home() / ".cache" / "firebase" / "emulators"


def is_reachable(url: str, timeout_seconds: float = HEAD_SECONDS) -> bool:
    """Whether a HEAD of it succeeds in time, the name's look-up included."""
    answers: list[bool] = []
    asking = threading.Thread(target=lambda: answers.append(_head(url, timeout_seconds)), daemon=True)
    asking.start()
    asking.join(timeout_seconds)
    return answers == [True]


def _head(url: str, timeout_seconds: float) -> bool:
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - from firebase-tools' own list
    try:
        with urllib.request.urlopen(request, timeout=timeout_seconds) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, socket.gaierror, TimeoutError, OSError, ValueError):
        return False
