"""What `firebase deploy` uploads loads on its own: packed by firebase-tools, installed where nothing else is."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from local.functions_bundle import stage_functions

ROOT = Path(__file__).parent.parent

PACK = """
const { prepareFunctionsUpload } = require(process.argv[1] + "/deploy/functions/prepareFunctionsUpload.js");
const config = JSON.parse(process.argv[3]);
prepareFunctionsUpload(process.cwd(), process.argv[2], config, [], undefined)
  .then((packed) => process.stdout.write("packed " + packed.pathToSource));
"""
# Each in a process of its own, as discovery and serving are.
DISCOVER = """
import json
from firebase_functions.private import serving
print(json.dumps(sorted(serving.get_functions())))
"""
SERVE = """
import sys, functions_framework
functions_framework.create_app(sys.argv[1], "main.py")
from adapters.catalogue_file import load_catalogue
from adapters.blocklist_file import load_blocklist
load_blocklist()
print(len(load_catalogue().offered))
"""
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "FIREBASE_CONFIG": '{"projectId": "demo-safelight", "storageBucket": "demo-safelight.firebasestorage.app"}',
    "GCLOUD_PROJECT": "demo-safelight",
    "FUNCTION_SIGNATURE_TYPE": "cloudevent",
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = stage_functions(tmp_path_factory.mktemp("staged"))
    (source / ".secret.local").write_text("RUNPOD_API_KEY=must-not-travel\n")
    (source / "venv").mkdir()
    (source / "venv" / "activate").write_text("")
    config = json.loads((ROOT / "firebase.json").read_text())["functions"][0]
    tools = ROOT / "node_modules" / "firebase-tools" / "lib"
    packed = subprocess.run(
        ["node", "--input-type=commonjs", "-e", PACK, str(tools), str(source), json.dumps(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    archive = Path(packed.stdout.rpartition("packed ")[2])
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(archive) as contents:
        contents.extractall(folder)
    archive.unlink()
    return folder


def test_it_holds_what_the_functions_need_and_nothing_else(unpacked: Path) -> None:
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}

    assert {name.partition("/")[0] for name in names} == {
        "main.py", "requirements.txt", "constraints.txt", "contracts", "adapters", "triggers", "models",
    }  # fmt: skip
    assert {name for name in names if name.startswith("models/")} == {
        "models/catalogue.toml", "models/blocklist.txt",
    }  # fmt: skip
    assert not [name for name in names if "secret" in name or ".env" in name or "venv" in name or "pyc" in name]


def test_every_function_loads_in_an_empty_environment(unpacked: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv")
    python = str(tmp_path / "venv" / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python]
    install = [*pip, "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]
    subprocess.run(install, cwd=unpacked, check=True, capture_output=True)

    discovered = _run([python, "-c", DISCOVER], unpacked)
    functions = json.loads(discovered)

    assert functions == ["on_created", "on_day", "on_minute", "on_runpod_webhook"]
    for function in functions:
        assert _run([python, "-c", SERVE, function], unpacked) == "2\n"


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
