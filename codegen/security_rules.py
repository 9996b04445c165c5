"""The parts of `firestore.rules` and `storage.rules` that hold limits."""

import json
from collections.abc import Mapping
from typing import Any

from contracts.paths import FILE_UID_PATTERN, RESERVED_ID_PATTERN, UPLOAD_NAME_PATTERN
from contracts.uploads import MAX_UPLOAD_BYTES, UPLOAD_CONTENT_TYPES

BEGIN = "    // generated from contracts/ by `make generated`: do not edit below this line\n"
END = "    // end of what is generated\n"


def render_firestore_rules(template: str, schema: Mapping[str, Any]) -> str:
    """The rules with their generated part anew."""
    blocks = [
        _function(
            "document_id",
            "id",
            f"id.matches({_quoted(FILE_UID_PATTERN)}) && !id.matches({_quoted(RESERVED_ID_PATTERN)})",
        ),
        _function(
            "own_upload",
            "path, user_id",
            "path == 'uploads/' + user_id + '/' + path.split('/')[2]\n"
            f"        && path.split('/')[2].matches({_quoted(UPLOAD_NAME_PATTERN)})",
        ),
        _request("image_request", schema["$defs"]["ImageRequest"]),
        _request("video_request", schema["$defs"]["VideoRequest"]),
    ]
    return replace_generated(template, "".join(blocks))


def render_storage_rules(template: str) -> str:
    """The rules with their generated part anew."""
    types = ", ".join(_quoted(one) for one in UPLOAD_CONTENT_TYPES)
    blocks = [
        _function("upload_name", "name", f"name.matches({_quoted(UPLOAD_NAME_PATTERN)})"),
        _function("upload_size", "length", f"length > 0 && length <= {MAX_UPLOAD_BYTES}"),
        _function("upload_type", "content_type", f"content_type in [{types}]"),
    ]
    return replace_generated(template, "".join(blocks))


def replace_generated(template: str, generated: str) -> str:
    """The text with what stands between the two marks replaced."""
    before, _, rest = template.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + generated + END + after


def _request(name: str, schema: Mapping[str, Any]) -> str:
    keys = ", ".join(_quoted(key) for key in schema["properties"])
    required = ", ".join(_quoted(key) for key in schema["required"])
    checks = [f"data.keys().hasOnly([{keys}])", f"data.keys().hasAll([{required}])"]
    checks += [_check(key, field) for key, field in schema["properties"].items()]
    return _function(name, "data, user_id", "\n        && ".join(checks))


def _check(key: str, field: Mapping[str, Any]) -> str:
    if field.get("x-upload"):
        return f"upload(data, '{key}', user_id, {field['x-max-utf16-units']})"
    if "x-max-utf16-units" in field:
        return f"text(data, '{key}', {field['x-max-utf16-units']})"
    choices = field.get("enum", [field["const"]] if "const" in field else [])
    if choices:
        return f"one_of(data, '{key}', [{', '.join(_quoted(choice) for choice in choices)}])"
    if "pattern" in field:
        return f"named(data, '{key}', {_quoted(field['pattern'])})"
    kind = {"integer": "whole", "number": "decimal"}[field["type"]]
    return f"{kind}(data, '{key}', {_number(field['minimum'])}, {_number(field['maximum'])})"


def _function(name: str, arguments: str, expression: str) -> str:
    return f"    function {name}({arguments}) {{\n      return {expression};\n    }}\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _number(value: float) -> str:
    return json.dumps(int(value) if value == int(value) else value)
