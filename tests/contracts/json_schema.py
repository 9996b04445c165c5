"""As much of JSON Schema as `contracts/schema.json` uses, so that the file itself can be put to the test."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

SCHEMA: dict[str, Any] = json.loads(Path("contracts/schema.json").read_text(encoding="utf-8"))
KNOWN = {
    "$ref", "additionalProperties", "anyOf", "const", "default", "description", "enum", "format", "items",
    "maxLength", "maximum", "minimum", "pattern", "properties", "required", "type", "x-max-utf16-units",
    "x-upload",
}  # fmt: skip


def fits(value: object, name: str) -> bool:
    """Whether a value is what the schema calls by this name."""
    return not list(violations(value, {"$ref": f"#/$defs/{name}"}))


def violations(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:  # noqa: ANN401 - any document
    """What is wrong with a value; nothing if it fits."""
    if "$ref" in schema:
        yield from violations(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    unknown = schema.keys() - KNOWN
    assert not unknown, f"this reader of JSON Schema does not know {unknown}"
    if "anyOf" in schema and all(list(violations(value, option)) for option in schema["anyOf"]):
        yield "fits none of the options"
    if "type" in schema and not _is_of_type(value, schema["type"], schema.get("format")):
        yield f"{value!r} is not of type {schema['type']}"
        return
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{value!r} is not one of the choices"
    yield from _out_of_bounds(value, schema)
    yield from _wrong_inside(value, schema)


def _out_of_bounds(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:  # noqa: ANN401
    if "minimum" in schema and not value >= schema["minimum"]:
        yield f"{value!r} is too small"
    if "maximum" in schema and not value <= schema["maximum"]:
        yield f"{value!r} is too big"
    if len(value) > schema["maxLength"] if "maxLength" in schema else False:
        yield "the text is too long"
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), value):
        yield f"{value!r} does not match"


def _wrong_inside(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:  # noqa: ANN401
    for item in value if "items" in schema else ():
        yield from violations(item, schema["items"])
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{key} is missing"
    if "properties" in schema:
        for key, inner in value.items():
            if key in schema["properties"]:
                yield from violations(inner, schema["properties"][key])
            elif schema.get("additionalProperties") is False:
                yield f"{key} is not one of its keys"


def _is_of_type(value: object, name: str, text_format: str | None) -> bool:
    if text_format == "date-time":
        return isinstance(value, datetime)
    if name in {"integer", "number"}:
        kinds = (int,) if name == "integer" else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "array": list, "object": dict}[name])
