"""What torch has compiled, in files: the next worker on such a GPU reads them instead of compiling for itself.

They are unpickled, and what they hold is run: whoever can write one can run anything in the worker.
"""

import glob
import hashlib
import logging
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch.compiler._cache import CacheArtifactManager

SUFFIX = ".compiled"

log = logging.getLogger(__name__)


class CompileCache:
    """The files of a folder that are good here: named by GPU and torch, and by a digest of what is in them."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet.

        Args:
            folder: it need not be there. In an image it is read; on a network volume it also fills itself.

        """
        self._folder = folder
        self._named = re.sub(r"[^A-Za-z0-9.+_-]", "_", f"{_device()}-torch{torch.__version__}")
        self._known: set[tuple[str, str]] = set()
        """What is in a file by now."""

    def load(self) -> None:
        """Before anything is compiled. What is missing or broken is no error: it is compiled once more."""
        files = sorted(self._folder.glob(f"{glob.escape(self._named)}-*{SUFFIX}"))
        for file in files:
            try:
                self._known |= _parts(torch.compiler.load_cache_artifacts(file.read_bytes()))
            except Exception as error:  # noqa: BLE001 - it is unpickled, and may raise anything
                log.warning(
                    "compile_cache_not_read", extra={"file": str(file), "exception_type": type(error).__name__}
                )
        log.info("compile_cache_read", extra={"files": len(files), "parts": len(self._known)})

    def save(self) -> None:
        """Put what was compiled since the last time into a file of its own. What cannot be written is no error.

        Nothing is done where nothing was compiled.
        """
        saved = torch.compiler.save_cache_artifacts()
        # Or the next file would begin with this one's content; torch reads back only what comes last of each kind.
        CacheArtifactManager.clear()
        if saved is None or (parts := _parts(saved[1])) <= self._known:
            return
        self._known |= parts
        digest = hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()[:16]
        path = self._folder / f"{self._named}-{digest}{SUFFIX}"
        try:
            _write(path, saved[0])
        except OSError as error:
            log.warning("compile_cache_not_written", extra={"file": str(path), "reason": error.strerror})
        else:
            log.info("compile_cache_written", extra={"file": str(path), "parts": len(parts)})


def _parts(info: Any) -> set[tuple[str, str]]:  # noqa: ANN401 - torch's name of its type is not public
    return set() if info is None else {(kind, key) for kind, keys in info.artifacts.items() for key in keys}


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: another worker may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
