"""`python -m worker.bake sdxl ...`: download models of the catalogue into the image, or onto a network volume.

A model's LoRAs come with it; `safety-checker` is what `worker.safety_checker` looks for. In a Dockerfile, after
the worker's packages are installed, with a cache that is not left in the image beside the copy:

    RUN --mount=type=cache,target=/root/.cache/huggingface --mount=type=secret,id=hf_token,env=HF_TOKEN \\
        python -m worker.bake flux.1-schnell
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from adapters.catalogue_file import CatalogueInvalid, load_catalogue
from contracts.catalogue import Model, Source
from worker import safety_checker
from worker.cannot_start import ModelInvalid
from worker.settings import MODELS_FOLDER
from worker.weights import CHECKED, REVISION, download, download_files, lora_name


def main(arguments: list[str] | None = None) -> int:
    """Bake what is named; 1 where something cannot be had."""
    try:
        recipes = _recipes()
    except CatalogueInvalid as invalid:
        print(invalid, file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(prog="python -m worker.bake", description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", choices=recipes, metavar="model", help=", ".join(recipes))
    parser.add_argument("--into", type=Path, default=MODELS_FOLDER, help="such as /runpod-volume/models")
    options = parser.parse_args(arguments)
    for name in options.models:
        try:
            print(f"{name}: {recipes[name](options.into)}")
        except ModelInvalid as invalid:
            print(invalid, file=sys.stderr)
            return 1
    return 0


def _recipes() -> dict[str, Callable[[Path], Path]]:
    """What can be baked, by its name on the command line."""
    models = [model for model in load_catalogue().models if model.source.repository is not None]
    return {model.id: partial(bake, model) for model in models} | {"safety-checker": bake_safety_checker}


def bake(model: Model, into: Path) -> Path:
    """Make its folder, and one for each of its LoRAs that the hub has. Raises `ModelInvalid`."""
    for lora in model.loras:
        if lora.source.repository is not None:
            _bake_files(into / lora_name(model, lora), lora.source, lora.revision, [lora.weight_name])
    return _put(into / model.id, model.revision, lambda half: _copy(download(model), half))


def _copy(cached: Path, half: Path) -> None:
    """The cache holds links, and an image should hold files."""
    shutil.copytree(cached, half, ignore=shutil.ignore_patterns(CHECKED))


def bake_safety_checker(into: Path) -> Path:
    """Make the folder in which `worker.safety_checker` looks. Raises `ModelInvalid`."""
    return _bake_files(
        into / safety_checker.NAME, safety_checker.SOURCE, safety_checker.REVISION, safety_checker.FILES
    )


def _bake_files(folder: Path, source: Source, revision: str, files: Sequence[str]) -> Path:
    def fill(half: Path) -> None:
        downloaded = download_files(source, revision, files)
        for file in files:
            (half / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(downloaded / file, half / file)

    return _put(folder, revision, fill)


def _put(folder: Path, revision: str, fill: Callable[[Path], object]) -> Path:
    """The folder, marked with its revision: whole, or as it was before."""
    half = folder.with_name(f".{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    fill(half)
    (half / REVISION).write_text(f"{revision}\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    half.rename(folder)
    return folder


if __name__ == "__main__":
    sys.exit(main())
