"""The client without a server: of values that come and go, and of what Firebase's SDK says by itself.

What needs a server is tested in a browser: `emulator_tests/browser/test_client.py`.
"""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = sorted((Path(__file__).parent / "client").glob("*.test.mjs"))


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each script with all that it imports, Firebase's SDK with it."""
    folder = tmp_path_factory.mktemp("client")
    options = ["--bundle", "--platform=node", "--format=cjs", "--out-extension:.js=.cjs", "--log-level=warning"]
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    subprocess.run([esbuild, *TESTS, *options, f"--outdir={folder}"], check=True, cwd=ROOT)
    return folder


@pytest.mark.parametrize("script", TESTS, ids=lambda path: path.name)
def test_it_passes(script: Path, bundles: Path) -> None:
    ran = subprocess.run(
        ["node", "--test-reporter=tap", bundles / script.with_suffix(".cjs").name],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
    assert "# fail 0" in ran.stdout
    assert "# pass 0" not in ran.stdout
