"""What an adapter answered, in a form that can be compared and printed.

Numbers of versions and download tokens differ by nature: each is named by when it appeared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum

from contracts.command import Command
from contracts.errors import RequestInvalid
from contracts.generation import Generation
from contracts.stored_object import DOWNLOAD_TOKEN, StoredObject

Plain = str | list["Plain"] | dict[str, "Plain"]


def plain(value: object, stored: Sequence[StoredObject] = ()) -> Plain:
    """Types are kept apart, so that 1 is neither 1.0 nor True; `stored` are the versions that have appeared."""
    match value:
        case Mapping():
            return {str(key): plain(value[key], stored) for key in sorted(value)}
        case list() | tuple():
            return [plain(one, stored) for one in value]
        case StoredObject():
            return plain(_by_appearance(value, stored))
        case Generation() | Command() | RequestInvalid():
            model = value.failure if isinstance(value, RequestInvalid) else value
            return {type(value).__name__: plain(model.model_dump(exclude_unset=True))}
        case _ if is_dataclass(value):
            parts = {field.name: getattr(value, field.name) for field in fields(value) if field.compare}
            return {type(value).__name__: plain(parts, stored)}
    return _text(value)


def _text(value: object) -> str:
    match value:
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case Enum():
            return repr(value.value)  # as Firestore holds it
        case Exception():
            return f"raised {type(value).__name__}"
    return repr(value)


def outcome(value: object) -> str:
    """Of which kind an answer is, in a word."""
    match value:
        case Exception():
            return type(value).__name__
        case bool() | None:
            return str(value)
        case list() | tuple():
            return "some" if value else "none"
    reason = getattr(value, "reason", None)
    return type(value).__name__ if reason is None else str(reason)


def _by_appearance(found: StoredObject, stored: Sequence[StoredObject]) -> dict[str, object]:
    versions = {(one.name, one.generation): number for number, one in enumerate(stored)}
    tokens = {one.metadata[DOWNLOAD_TOKEN]: number for number, one in enumerate(stored)}
    return {
        "name": found.name,
        "version": versions.get((found.name, found.generation), "never stored"),
        "token": tokens.get(found.metadata.get(DOWNLOAD_TOKEN, ""), "never given"),
        "metadata": {key: text for key, text in found.metadata.items() if key != DOWNLOAD_TOKEN},
    }
