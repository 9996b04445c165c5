"""A stamp says that a step was done, and with what: a file holding the digest of the step's inputs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from local.layout import STAMPS


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """One step's stamp."""

    path: Path
    digest: str
    """Hexadecimal, of the inputs as they are now."""

    def is_current(self) -> bool:
        """Whether the step was done with these very inputs."""
        return self.path.exists() and self.path.read_text().strip() == self.digest

    def remove(self) -> None:
        """Forget that the step was done. A second call does nothing."""
        self.path.unlink(missing_ok=True)

    def write(self) -> None:
        """Say that the step is done. Only after all of it is."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.digest + "\n")


def stamp_of(name: str, *inputs: str | Path, folder: Path = STAMPS) -> Stamp:
    """The stamp of a step whose inputs are these texts and these files' contents."""
    digest = hashlib.sha256()
    for item in inputs:
        content = item.encode() if isinstance(item, str) else _content(item)
        digest.update(len(content).to_bytes(8, "big") + content)
    return Stamp(path=folder / f"{name}.sha256", digest=digest.hexdigest())


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b"(no such file)"
