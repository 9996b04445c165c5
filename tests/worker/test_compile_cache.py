"""What one worker has compiled, the next one reads. Each is a process of its own, with torch's real compiler."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.catalogue_file import load_catalogue
from worker.compile_cache import CompileCache

MODELS = load_catalogue().offered
ROOT = Path(__file__).parents[2]
WORKER = """
import json, sys
from pathlib import Path
from torch._dynamo.utils import counters
from adapters.catalogue_file import load_catalogue
from tests.worker.tiny_denoisers import tiny
from worker.acceleration import accelerate
from worker.compile_cache import CompileCache

models = load_catalogue().offered
cache = CompileCache(Path(sys.argv[1]), models)
cache.load()
took = accelerate(tiny("WanPipeline"), models[0].model_copy(update={"accelerations": {"compile"}}), "cuda")
assert took == ["compile"]
cache.save()
print(json.dumps({kind: counters["inductor"][f"fxgraph_cache_{kind}"] for kind in ("hit", "miss")}))
"""


def work(folder: Path, own: Path) -> dict[str, int]:
    """A worker of which nothing is left but the folder: its hits and misses."""
    environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(own), "TRITON_CACHE_DIR": str(own)}
    command = [sys.executable, "-c", WORKER, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    counted: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counted


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch compiles for a CPU with g++")
def test_the_next_worker_compiles_nothing_and_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "shipped"
    assert work(folder, tmp_path / "first") == {"hit": 0, "miss": 1}
    (file,) = folder.iterdir()
    first = file.read_bytes()

    assert work(folder, tmp_path / "second") == {"hit": 1, "miss": 0}

    assert [one.read_bytes() for one in folder.iterdir()] == [first]


def test_the_file_is_named_by_what_it_is_good_for(tmp_path: Path) -> None:
    both, one = CompileCache(tmp_path, MODELS), CompileCache(tmp_path, MODELS[:1])

    assert both.path.name.endswith("+cpu-safelight-image+safelight-video.compiled")
    assert both.path.name.startswith("cpu-torch2.")
    assert one.path != both.path


@pytest.mark.parametrize("content", [None, b"", b"no cache"], ids=["missing", "empty", "something else"])
def test_what_cannot_be_read_is_no_error(tmp_path: Path, content: bytes | None) -> None:
    cache = CompileCache(tmp_path, MODELS)
    if content is not None:
        cache.path.write_bytes(content)

    cache.load()
