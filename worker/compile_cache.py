"""What torch has compiled, in a file: the next worker on such a GPU reads it instead of compiling for itself.

The file is unpickled, and what it holds is run: whoever can write it can run anything in the worker.
"""

import logging
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from contracts.catalogue import Model

log = logging.getLogger(__name__)


class CompileCache:
    """One worker's file in a folder. It is named by what it is good for, and another worker's is never read."""

    def __init__(self, folder: Path, models: Sequence[Model]) -> None:
        """Nothing is read yet.

        Args:
            folder: it need not be there. In an image it is read; on a network volume it also fills itself.
            models: what the worker serves.

        """
        named = "-".join([_device(), f"torch{torch.__version__}", "+".join(sorted(model.id for model in models))])
        self.path = folder / f"{re.sub(r'[^A-Za-z0-9.+_-]', '_', named)}.compiled"
        self._read: set[tuple[str, str]] = set()

    def load(self) -> None:
        """Before anything is compiled. What is missing or broken is no error: it is compiled once more."""
        try:
            content = self.path.read_bytes()
        except OSError:
            log.info("compile_cache_empty", extra={"file": str(self.path)})
            return
        self._read = _parts(torch.compiler.load_cache_artifacts(content))
        log.info("compile_cache_read", extra={"file": str(self.path), "parts": len(self._read)})

    def save(self) -> None:
        """After the warm-up, if there is anything new. What cannot be written is no error, either."""
        saved = torch.compiler.save_cache_artifacts()
        if saved is None or _parts(saved[1]) <= self._read:
            return
        try:
            _write(self.path, saved[0])
        except OSError as error:
            log.warning("compile_cache_not_written", extra={"file": str(self.path), "reason": error.strerror})
        else:
            log.info("compile_cache_written", extra={"file": str(self.path), "parts": len(_parts(saved[1]))})


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
