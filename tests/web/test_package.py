"""The client as an app installs it."""

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "web" / "client"
APP = Path(__file__).parent / "app" / "app.ts"
IMPORTS = re.compile(r"""(?:from|import\()\s*['"]([^'"]+)['"]""")
PEERS = {"firebase/app", "firebase/auth", "firebase/firestore", "firebase/storage"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `npm pack` makes of it, unpacked."""
    folder = tmp_path_factory.mktemp("package")
    command = ["npm", "pack", "--json", f"--pack-destination={folder}"]
    packed = subprocess.run(command, cwd=CLIENT, check=True, capture_output=True, text=True).stdout
    name = json.loads(packed[packed.index("[\n") :])[0]["filename"]
    with tarfile.open(folder / name) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def test_it_has_code_and_types_and_nothing_else(package: Path) -> None:
    suffixes = {"".join(path.suffixes) for path in package.rglob("*") if path.is_file()}

    assert suffixes == {".js", ".d.ts", ".json"}
    exports = json.loads((package / "package.json").read_text())["exports"]
    for entry in exports.values():
        for target in entry.values():
            assert (package / target).exists()


def test_it_needs_firebase_and_only_the_hooks_need_react(package: Path) -> None:
    for script in (package / "dist").rglob("*.js"):
        for target in IMPORTS.findall(script.read_text()):
            if target.startswith("."):
                assert (script.parent / target).exists(), f"{script.name} imports {target}"
            else:
                assert target in PEERS | ({"react"} if script.name == "react.js" else set())


@pytest.mark.parametrize(("resolution", "module"), [("bundler", "esnext"), ("nodenext", "nodenext")])
def test_an_app_compiles_with_it(package: Path, tmp_path: Path, resolution: str, module: str) -> None:
    installed = tmp_path / "node_modules"
    shutil.copytree(package, installed / "safelight")
    (installed / "@types").mkdir()
    for peer in ("firebase", "react", "@types/react"):
        (installed / peer).symlink_to(ROOT / "node_modules" / peer)
    shutil.copy(APP, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"]
    options += ["--lib", "es2022,dom,dom.iterable", "--module", module, "--moduleResolution", resolution]

    tsc = ROOT / "node_modules" / ".bin" / "tsc"
    compiled = subprocess.run([tsc, *options, APP.name], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert compiled.stdout == ""
    assert compiled.returncode == 0


def test_the_client_does_not_know_the_page() -> None:
    for source in CLIENT.rglob("*.ts"):
        if "dist" not in source.parts:
            assert not [target for target in IMPORTS.findall(source.read_text()) if target.startswith("..")], (
                source
            )
