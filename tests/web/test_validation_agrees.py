"""The client refuses what the server would refuse, for the same field, and nothing else.

Both judge thousands of requests, each with a value from the edge of what is allowed, for every model of the
catalogue, also those that are not offered.
"""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codegen.typescript import render_catalogue
from contracts.catalogue import Catalogue, Model, parse_catalogue
from contracts.errors import RequestInvalid
from contracts.paths import GenerationPath, MediaType
from contracts.request import REQUEST_MODELS, UPLOAD_FIELDS
from contracts.validation import resolve_request
from tests.contracts.json_schema import SCHEMA

ROOT = Path(__file__).resolve().parents[2]
NAMES = {MediaType.IMAGES: "ImageRequest", MediaType.VIDEOS: "VideoRequest"}
REQUESTS = 6_000
OWN = "uploads/u1/a.png"
ODD = [
    "uploads/u2/a.png",
    "uploads/u1/../u2/a.png",
    "uploads/u1/a/b.png",
    "uploads/u1/",
    "uploads/u1/.a",
    "https://example.com/a.png",
    f"uploads/u1/{'a' * 129}",
    "",
]


def every_model_offered() -> Catalogue:
    text = (ROOT / "models" / "catalogue.toml").read_text(encoding="utf-8")
    return parse_catalogue(text.replace("offered = false", "offered = true"))


CATALOGUE = every_model_offered()


def judged_by_client(requests: list[dict[str, Any]], folder: Path) -> list[str | None]:
    client = shutil.copytree(
        ROOT / "web" / "client", folder / "web" / "client", ignore=shutil.ignore_patterns("dist")
    )
    (client / "generated" / "catalogue.ts").write_text(render_catalogue(CATALOGUE), encoding="utf-8")
    judge = folder / "tests" / "web" / "judge.mjs"
    judge.parent.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("judge.mjs"), judge)
    bundle = folder / "judge.mjs"
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}"]
    subprocess.run([esbuild, judge, *options], check=True, cwd=folder)
    said = subprocess.run(
        ["node", bundle], input=json.dumps(requests), capture_output=True, text=True, check=True
    ).stdout
    return [verdict and verdict["field"] for verdict in json.loads(said)]


def judged_by_server(media_type: MediaType, request: dict[str, Any]) -> str | None:
    path = GenerationPath(user_id="u1", media_type=media_type, file_uid="f1")
    try:
        resolve_request(path, request, CATALOGUE)
    except RequestInvalid as error:
        return error.field
    return None


def edges(media_type: MediaType, key: str, model: Model) -> list[Any]:
    """Values around everything that limits this key; None stands for leaving it out."""
    limit = SCHEMA["$defs"][NAMES[media_type]]["properties"][key]
    values: list[Any] = [True, [], "text", 1.5, -1]
    if key in UPLOAD_FIELDS:
        return [OWN, OWN, OWN, *ODD, 1]
    if key == "model":
        return [model.id, model.id, model.id, "Not A Name", "no-such-model", 1]
    units = limit.get("x-max-utf16-units")
    if units:
        return ["", "a lamp", "x" * units, "x" * (units + 1), "🔴" * (units // 2), "🔴" * (units // 2 + 1), 1]
    for choice in limit.get("enum", [limit.get("const")]):
        values += [choice] * 3 if choice else []
    parameter = model.parameters.get(key)
    sides = [limit.get("minimum"), limit.get("maximum")]
    if parameter is not None:
        sides += [parameter.minimum, parameter.maximum, parameter.default]
        values += [parameter.default] * 5
    for side in sides:
        if isinstance(side, int | float):
            values += [side, side - 1, side + 1, side + 8, side + 16, side / 2]
    values += [lora.id for lora in model.loras]
    return [whole(value) for value in values if value is not None]


def whole(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """As Firestore stores JavaScript's numbers: 1.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def make_request(choose: random.Random) -> dict[str, Any]:
    model = choose.choice(CATALOGUE.models)
    media_type = model.media_type
    request: dict[str, Any] = {"prompt": "a lamp", "model": model.id}
    keys = list(REQUEST_MODELS[media_type].model_fields)
    for key in choose.sample(keys, choose.choice([0, 1, 1, 2, 3])):
        request[key] = choose.choice(edges(media_type, key, model))
    # Some limits are of several values together.
    together = choose.choice([(), (), (), ("strength", "num_inference_steps"), ("width", "height", "num_frames")])
    for key in together:
        parameter = model.parameters.get(key)
        edge = parameter and (
            parameter.minimum if key in {"strength", "num_inference_steps"} else parameter.maximum
        )
        if edge is not None:
            request[key] = whole(edge)
    if choose.random() < 0.02:
        request["sed"] = 1
    if choose.random() < 0.02:
        del request["prompt"]
    if choose.random() < 0.3 and "input_image" in model.parameters:
        request["input_image"] = OWN
    return {"media_type": media_type.value, "request": request}


@pytest.fixture(scope="module")
def requests() -> list[dict[str, Any]]:
    choose = random.Random(8)
    return [make_request(choose) for _ in range(REQUESTS)]


def test_client_and_server_refuse_the_same_requests_for_the_same_field(
    requests: list[dict[str, Any]], tmp_path: Path
) -> None:
    client = judged_by_client(requests, tmp_path)

    server = [judged_by_server(MediaType(one["media_type"]), one["request"]) for one in requests]
    differ = [
        (one["request"], said, expected)
        for one, said, expected in zip(requests, client, server, strict=True)
        if said != expected
    ]
    assert differ == []
    assert 0.2 < sum(field is None for field in server) / REQUESTS < 0.8  # both verdicts are well tried
    assert {field for field in server if field} >= set(REQUEST_MODELS[MediaType.VIDEOS].model_fields)
