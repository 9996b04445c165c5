"""What one worker has compiled, the next one reads. Each is a process of its own, with torch's real compiler."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch.compiler._cache import CacheArtifactManager

from worker.compile_cache import CompileCache

ROOT = Path(__file__).parents[2]
WORKER = """
import json, sys
from pathlib import Path
from torch._dynamo.utils import counters
from adapters.catalogue_file import load_catalogue
from tests.worker.test_acceleration import one_call
from worker.acceleration import accelerate
from worker.compile_cache import CompileCache

model = load_catalogue().models[0].model_copy(update={"accelerations": {"compile"}})
cache = CompileCache(Path(sys.argv[1]))
cache.load()
assert accelerate(one_call(), model, "cuda") == ["compile"]
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
    assert work(folder, tmp_path / "first") == {"hit": 0, "miss": 1}
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert len(first) == 1

    assert work(folder, tmp_path / "second") == {"hit": 1, "miss": 0}

    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Lets torch have compiled what has this key, in the place of what it has compiled so far."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "own"))
    torch.compiler.load_cache_artifacts(b"")  # so that it knows the kinds
    with CacheArtifactManager.with_fresh_cache():
        yield lambda key: CacheArtifactManager.record_artifact("autotune", key, {key: 1})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shipped"


def test_each_save_is_a_file_of_what_is_new_named_by_what_it_is_good_for(
    folder: Path, compiled: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="worker")
    cache = CompileCache(folder)

    for keys in (["one"], [], ["two", "three"], ["one", "three"]):
        for key in keys:
            compiled(key)
        cache.save()

    assert len(files := [*folder.iterdir()]) == 2
    assert sorted(b'"one"' in file.read_bytes() for file in files) == [False, True]
    assert all(file.name.startswith("cpu-torch2.") and file.suffix == ".compiled" for file in files)
    CompileCache(folder).load()
    (read,) = [record.__dict__ for record in caplog.records if record.message == "compile_cache_read"]
    assert (read["files"], read["parts"]) == (2, 3)


def test_what_was_read_is_not_written_again(folder: Path, compiled: Callable[[str], None]) -> None:
    compiled("one")
    CompileCache(folder).save()
    (file,) = folder.iterdir()
    file.rename(file.with_stem(f"{file.stem}-renamed"))

    cache = CompileCache(folder)
    cache.load()
    compiled("one")
    cache.save()

    assert len([*folder.iterdir()]) == 1


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, compiled: Callable[[str], None]) -> None:
    (tmp_path / "file").touch()
    compiled("one")

    CompileCache(tmp_path / "file").save()


@pytest.mark.usefixtures("compiled")
def test_what_is_whole_and_makes_no_sense_is_no_error(folder: Path) -> None:
    """As what another torch of the same version's name has written."""
    CacheArtifactManager.record_artifact("inductor", "one", b"no pickle")
    CompileCache(folder).save()

    CompileCache(folder).load()


@pytest.mark.parametrize("content", [None, b"", b"no cache"], ids=["missing", "empty", "something else"])
def test_what_cannot_be_read_is_no_error(
    folder: Path, content: bytes | None, compiled: Callable[[str], None]
) -> None:
    if content is not None:
        compiled("one")
        CompileCache(folder).save()
        (file,) = folder.iterdir()
        file.write_bytes(content)

    CompileCache(folder).load()
