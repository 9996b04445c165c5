"""Which object a request to Cloud Storage is about."""

import json
import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

OF_OBJECTS = re.compile(r"(?:/upload|/download)?(?:/storage/v1|/v0)?/b/(?P<bucket>[^/]+)/o(?:/(?P<name>[^/]+))?")


class Addressed(NamedTuple):
    """One name in one bucket."""

    bucket: str
    name: str


def addressed(target: str, body: bytes) -> Addressed | None:
    """By the path, the query or what an upload says first in its body; None where it is about no single object."""
    parts = urlsplit(target)
    found = OF_OBJECTS.fullmatch(parts.path)
    if found is None:
        return None
    named = found["name"]
    name = unquote(named) if named else _in_query(parts.query) or _in_metadata(body)
    return Addressed(unquote(found["bucket"]), name) if name else None


def _in_query(query: str) -> str | None:
    return parse_qs(query).get("name", [None])[0]


def _in_metadata(body: bytes) -> str | None:
    """A resumable upload begins with the metadata alone, a multipart one has them as its first part."""
    first = body.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0] if body.startswith(b"--") else body
    try:
        metadata = json.loads(first)
    except ValueError:
        return None  # what is wrong with it, the emulator says
    return metadata.get("name") if isinstance(metadata, dict) else None
