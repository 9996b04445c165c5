"""What one worker has compiled, the next one reads. Each is a process of its own, with torch's real compiler."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.compiler._cache import CacheArtifactManager

from worker.compile_cache import CompileCache

ROOT = Path(__file__).parents[2]
WORKER = """
import json, sys
from pathlib import Path
import torch
from torch._dynamo.utils import counters
from adapters.catalogue_file import load_catalogue
from tests.worker.tiny_denoisers import tiny
from worker.acceleration import accelerate
from worker.compile_cache import CompileCache

model = load_catalogue().models[0].model_copy(update={"accelerations": {"compile"}})
cache = CompileCache(Path(sys.argv[1]))
cache.load()
pipeline = tiny("WanPipeline")
assert accelerate(pipeline, model, "cuda") == ["compile"]
cache.save()
cache.save()
pipeline.inputs["hidden_states"] = torch.randn(1, 4, 3, 8, 8)  # a later request, of another length
with torch.inference_mode():
    pipeline([""], 1)
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
def test_the_next_worker_compiles_nothing_and_leaves_the_files_as_they_were(tmp_path: Path) -> None:
    folder = tmp_path / "shipped"
    assert work(folder, tmp_path / "first") == {"hit": 0, "miss": 2}
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert len(first) == 2

    assert work(folder, tmp_path / "second") == {"hit": 2, "miss": 0}

    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of what torch has compiled and not yet saved."""
    keys: list[str] = []

    def save() -> tuple[bytes, SimpleNamespace] | None:
        return (repr(keys).encode(), SimpleNamespace(artifacts={"inductor": [*keys]})) if keys else None

    monkeypatch.setattr(torch.compiler, "save_cache_artifacts", save)
    monkeypatch.setattr(CacheArtifactManager, "clear", keys.clear)
    return keys


def test_each_save_is_a_file_of_what_is_new_named_by_what_it_is_good_for(
    tmp_path: Path, compiled: list[str]
) -> None:
    """torch appends to what it has saved, and reads back only what comes last; so it must not keep it."""
    cache = CompileCache(tmp_path)

    for keys in (["a"], [], ["b", "c"], ["a", "c"]):
        compiled += keys
        cache.save()

    files = sorted(tmp_path.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    assert [file.read_bytes() for file in files] == [b"['a']", b"['b', 'c']"]
    assert all(file.name.startswith("cpu-torch2.") and file.suffix == ".compiled" for file in files)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, compiled: list[str]) -> None:
    (tmp_path / "file").touch()
    compiled.append("a")

    CompileCache(tmp_path / "file").save()


@pytest.mark.parametrize("content", [None, b"", b"no cache"], ids=["missing", "empty", "something else"])
def test_what_cannot_be_read_is_no_error(tmp_path: Path, content: bytes | None, compiled: list[str]) -> None:
    cache = CompileCache(tmp_path)
    if content is not None:
        compiled.append("a")
        cache.save()
        (file,) = tmp_path.iterdir()
        file.write_bytes(content)

    CompileCache(tmp_path).load()
