"""The page's types and limits: `web/src/generated/`."""

import copy
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.catalogue import Catalogue

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
    """The limits of every key of `request_data`, as data."""
    limits = {
        media_type: schema["$defs"][name]["properties"]
        for media_type, name in (("images", "ImageRequest"), ("videos", "VideoRequest"))
    }
    return HEADER + f"export const limits = {json.dumps(limits, indent=2)} as const;\n"


def render_catalogue(catalogue: Catalogue) -> str:
    """What the page needs of the catalogue."""
    shown = {"id", "title", "media_type", "default", "tasks", "licence", "examples", "max_pixels", "parameters"}
    models = [model.model_dump(mode="json", include=shown, exclude_none=True) for model in catalogue.offered]
    return HEADER + f"export const models = {json.dumps(models, indent=2)} as const;\n"


def _as_firestore_reads(node: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        return [_as_firestore_reads(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "date-time":
        return {**node, "tsType": "Timestamp"}
    return {key: _as_firestore_reads(value) for key, value in node.items()}
