"""`contracts/schema.json`: the documents, for whoever does not read Python."""

import json
from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.command import Command
from contracts.ending import Ending
from contracts.generation import Generation
from contracts.request import ImageRequest, VideoRequest

MODELS = (Generation, ImageRequest, VideoRequest, Command, Ending)


def build_schema() -> dict[str, Any]:
    """All models in one schema, by name under `$defs`."""
    _, schema = models_json_schema([(model, "validation") for model in MODELS], title="Safelight")
    definitions = schema["$defs"]
    definitions["Generation"]["properties"]["request_data"] = {
        "anyOf": [{"$ref": "#/$defs/ImageRequest"}, {"$ref": "#/$defs/VideoRequest"}]
    }
    cleaned: dict[str, Any] = _without_noise(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **cleaned}


def render_schema() -> str:
    """The file's text."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"


def _without_noise(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """Drop `null`, which no document may hold, and the titles and defaults that pydantic adds."""
    if isinstance(node, list):
        return [_without_noise(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "anyOf" in node:
        options = [option for option in node["anyOf"] if option != {"type": "null"}]
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        node = {**rest, **options[0]} if len(options) == 1 else {**rest, "anyOf": options}
    return {
        key: _named(key, value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }


def _named(key: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if key == "properties":  # its keys are names of fields, one of which may be "title"
        return {name: _without_noise(schema) for name, schema in value.items()}
    return _without_noise(value)
