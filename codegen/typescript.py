"""The client's types and limits: `web/client/generated/`."""

import copy
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.catalogue import Catalogue
from contracts.paths import UPLOAD_NAME_PATTERN
from contracts.request import UPLOAD_FIELDS
from contracts.task import ONLY_WITH
from contracts.uploads import MAX_UPLOAD_BYTES, UPLOAD_CONTENT_TYPES

HEADER = "// Generated from contracts/ by `make generated`: do not edit.\n"
JSON2TS = Path("node_modules/.bin/json2ts")


def render_types(schema: Mapping[str, Any]) -> str:
    """TypeScript types of all documents, as the firebase JS SDK reads them."""
    root = {
        "title": "Contract",
        "type": "object",
        "additionalProperties": False,
        "$defs": _as_firestore_reads(copy.deepcopy(schema["$defs"])),
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in schema["$defs"]},
    }
    command = [str(JSON2TS), "--no-additionalProperties", "--bannerComment", ""]
    types = subprocess.run(command, input=json.dumps(root), capture_output=True, text=True, check=True).stdout
    return HEADER + "import type { Timestamp } from 'firebase/firestore';\n" + types


def render_limits(schema: Mapping[str, Any]) -> str:
    """The limits of every key of `request_data` and of uploads, as data, and which keys go with which task."""
    limits = {
        media_type: schema["$defs"][name]["properties"]
        for media_type, name in (("images", "ImageRequest"), ("videos", "VideoRequest"))
    }
    uploads = {
        "max_bytes": MAX_UPLOAD_BYTES,
        "content_types": UPLOAD_CONTENT_TYPES,
        "name_pattern": f"^{UPLOAD_NAME_PATTERN}$",
        "fields": UPLOAD_FIELDS,
    }
    only_with = {key: sorted(tasks) for key, tasks in ONLY_WITH.items()}
    return HEADER + _constant("limits", limits) + _constant("uploads", uploads) + _constant("only_with", only_with)


def render_catalogue(catalogue: Catalogue) -> str:
    """What the client needs of the catalogue."""
    shown = {"id", "title", "media_type", "default", "tasks", "licence", "examples", "max_pixels", "parameters"}
    include: dict[str, Any] = {**dict.fromkeys(shown, True), "loras": {"__all__": {"id", "licence"}}}
    models = [model.model_dump(mode="json", include=include, exclude_none=True) for model in catalogue.offered]
    return HEADER + _constant("models", models)


def _constant(name: str, value: object) -> str:
    return f"export const {name} = {json.dumps(value, indent=2)} as const;\n"


def _as_firestore_reads(node: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        return [_as_firestore_reads(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "date-time":
        return {**node, "tsType": "Timestamp"}
    return {key: _as_firestore_reads(value) for key, value in node.items()}
