"""The pipelines that the worker serves here: those that `make` has built, or new ones."""

import subprocess
import sys
from pathlib import Path

from adapters.catalogue_file import load_catalogue

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "models"


def built_models(folder: Path) -> Path:
    """Where they are; built into `folder` if `make models` has not been run."""
    if _complete(BUILT):
        return BUILT
    build_models(folder)
    assert _complete(folder)
    return folder


def build_models(folder: Path) -> str:
    """Run `python -m models.random_weights FOLDER`. What it printed.

    `-W ignore` as the Makefile has it: the libraries warn about each other.
    """
    command = [sys.executable, "-W", "ignore", "-m", "models.random_weights", str(folder)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _complete(folder: Path) -> bool:
    names = [model.source.folder for model in load_catalogue().models]
    return all(name and (folder / name / "model_index.json").is_file() for name in names)
