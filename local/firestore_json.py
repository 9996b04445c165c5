"""Firestore's REST values, both ways: https://firebase.google.com/docs/firestore/reference/rest/v1/Value."""

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class ServerTimestamp:
    """Stands for the time at which the server commits."""


@dataclass(frozen=True)
class Raw:
    """A value in Firestore's own JSON, for types that Python has no word for."""

    value: Mapping[str, Any]


SERVER_TIMESTAMP = ServerTimestamp()
_NOT_IN_JSON = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def encode(value: Any) -> dict[str, Any]:  # noqa: ANN401, C901, PLR0911 - one line for each of Firestore's types
    """A Python value as Firestore's JSON."""
    match value:
        case Raw():
            return dict(value.value)
        case None:
            return {"nullValue": None}
        case bool():
            return {"booleanValue": value}
        case int():
            return {"integerValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else _NOT_IN_JSON[str(value)]}
        case str():
            return {"stringValue": value}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case datetime():
            return {"timestampValue": value.isoformat()}
        case list():
            return {"arrayValue": {"values": [encode(item) for item in value]}}
        case Mapping():
            return {"mapValue": {"fields": {key: encode(item) for key, item in value.items()}}}
    msg = f"Firestore has no type for {type(value).__name__}"
    raise TypeError(msg)


def decode(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any value
    """Firestore's JSON as a Python value."""
    ((kind, content),) = value.items()
    match kind:
        case "integerValue":
            return int(content)
        case "timestampValue":
            return datetime.fromisoformat(content)
        case "bytesValue":
            return base64.b64decode(content)
        case "arrayValue":
            return [decode(item) for item in content.get("values", [])]
        case "mapValue":
            return decode_fields(content)
        case _:
            return content


def decode_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document, or of a map in it."""
    return {key: decode(value) for key, value in document.get("fields", {}).items()}
