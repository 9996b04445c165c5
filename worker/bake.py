"""`python -m worker.bake sdxl ...`: download models of the catalogue into the image, or onto a network volume.

In a Dockerfile, after the worker's packages are installed:

    RUN --mount=type=secret,id=hf_token,env=HF_TOKEN python -m worker.bake flux.1-schnell
"""

import argparse
import shutil
import sys
from pathlib import Path

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Model
from worker.cannot_start import ModelInvalid
from worker.settings import MODELS_FOLDER
from worker.weights import CHECKED, REVISION, download


def main(arguments: list[str] | None = None) -> int:
    """Bake what is named; 1 where something cannot be had."""
    models = {model.id: model for model in load_catalogue().models if model.source.repository is not None}
    parser = argparse.ArgumentParser(prog="python -m worker.bake", description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", choices=models, metavar="model", help=", ".join(models))
    parser.add_argument("--into", type=Path, default=MODELS_FOLDER, help="such as /runpod-volume/models")
    options = parser.parse_args(arguments)
    for name in options.models:
        try:
            print(f"{name}: {bake(models[name], options.into)}")
        except ModelInvalid as invalid:
            print(invalid, file=sys.stderr)
            return 1
    return 0


def bake(model: Model, into: Path) -> Path:
    """Make its folder, whole or not at all. Raises `ModelInvalid`."""
    done, half = into / model.id, into / f".{model.id}.half"
    shutil.rmtree(half, ignore_errors=True)
    # The cache holds links, and an image should hold files.
    shutil.copytree(download(model), half, ignore=shutil.ignore_patterns(CHECKED))
    (half / REVISION).write_text(f"{model.revision}\n", encoding="utf-8")
    shutil.rmtree(done, ignore_errors=True)
    half.rename(done)
    return done


if __name__ == "__main__":
    sys.exit(main())
