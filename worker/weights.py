"""Where a model's files are: on this machine, if they are anywhere, and else on the hub.

Whoever waits for a cold start waits for this, so what needs no download comes first: RunPod's own cache, a network
volume, what was baked into the image. A repository is pinned to a commit wherever it is found.
"""

import errno
import hashlib
import json
import logging
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import httpx2
from huggingface_hub import errors, hf_hub_download, try_to_load_from_cache

from contracts.catalogue import Lora, Model, Source
from worker.cannot_start import ModelInvalid, reason_of

RUNPOD_CACHE = Path("/runpod-volume/huggingface-cache/hub")
"""https://docs.runpod.io/serverless/endpoints/model-caching"""
NETWORK_VOLUME = Path("/runpod-volume/models")
REVISION = "revision.txt"
"""Beside a repository's copy in a folder: which commit it is (`worker/bake.py` writes it)."""
INDEX = "model_index.json"
"""Of a pipeline in diffusers' format: its parts, and their classes."""
CHECKED = ".safelight-checked"
"""In a snapshot of the hub's cache: the checksums of those large files that have been compared with them."""
LFS = re.compile("[0-9a-f]{64}")
"""The hub's cache names a large file by its SHA-256, and the small ones by git's hash."""
NOT_THERE = errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError
NO_ANSWER = errors.HfHubHTTPError, errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, httpx2.HTTPError
"""What the hub's client raises."""

log = logging.getLogger(__name__)


def find_weights(model: Model, baked: Path) -> Path:
    """The folder of the whole pipeline, downloaded if need be.

    Args:
        model: an entry of the catalogue.
        baked: the folder that holds the image's own models.

    Raises:
        ModelInvalid: it is nowhere, is another revision, or may not be had. The message says what to do.

    """
    there = _whole_on_this_machine(model, baked)
    if there is not None:
        log.info("weights_found", extra={"model": model.id, "where": str(there)})
        return there
    if model.source.repository is None:
        raise ModelInvalid(
            f"The folder of the model {model.id} is missing: {baked / str(model.source.folder)}. Put its weights "
            "there, or set SAFELIGHT_MODELS_FOLDER to the folder that holds them, or leave it out of "
            "SAFELIGHT_MODELS."
        )
    return download(model)


def must_download(model: Model, baked: Path) -> bool:
    """Whether its weights will have to be put on this machine's disk. Raises `ModelInvalid`, as `find_weights`."""
    if model.source.repository is None or _whole_on_this_machine(model, baked) is not None:
        return False
    index = try_to_load_from_cache(model.source.repository, INDEX, revision=model.revision)
    return not (isinstance(index, str) and _is_whole(Path(index).parent, model.variant))


def lora_name(model: Model, lora: Lora) -> str:
    """Of the folder where a copy of the LoRA's repository, or of its file, can lie on this machine."""
    return f"{model.id}-{lora.id}"


def find_lora(model: Model, lora: Lora, baked: Path) -> Path:
    """Its file, downloaded if need be. Raises `ModelInvalid`."""
    there = _on_this_machine(
        lora.source,
        lora.revision,
        name=lora_name(model, lora),
        baked=baked,
        is_enough=lambda folder: _has(folder, [lora.weight_name]),
    )
    if there is not None and _has(there, [lora.weight_name]):
        return there / lora.weight_name
    if lora.source.repository is None:
        raise ModelInvalid(
            f"The file of {model.id}'s LoRA {lora.id} is missing: "
            f"{baked / str(lora.source.folder) / lora.weight_name}. Put it there, or correct the entry."
        )
    return download_files(lora.source, lora.revision, [lora.weight_name]) / lora.weight_name


def find_part(source: Source, revision: str, *, name: str, files: Sequence[str], baked: Path) -> Path:
    """The copy of a repository that has at least these files, downloaded if need be.

    Args:
        source: the repository.
        revision: its commit.
        name: of the folder where a copy of the repository, or of these files of it, can lie on this machine.
        files: by their paths in the repository.
        baked: the folder that holds the image's own models.

    Raises:
        ModelInvalid: a file is nowhere, is another revision's, or may not be had. The message says what to do.

    """
    there = _on_this_machine(
        source, revision, name=name, baked=baked, is_enough=lambda folder: _has(folder, files)
    )
    if there is not None:
        if missing := [file for file in files if not (there / file).is_file()]:
            raise ModelInvalid(f"{there} has no {missing[0]}. Put the whole of it there, or remove the folder.")
        return there
    return download_files(source, revision, files)


def download_files(source: Source, revision: str, files: Sequence[str]) -> Path:
    """These of a repository, checked, into the hub's cache: the repository's folder. Raises `ModelInvalid`."""
    repository = str(source.repository)
    with _explained(repository):
        found = [Path(hf_hub_download(repository, file, revision=revision)) for file in files]
    folder = found[0].parents[files[0].count("/")]
    check_download(folder)
    return folder


def download(model: Model) -> Path:
    """From the hub, checked, into its cache. Raises `ModelInvalid`."""
    repository = str(model.source.repository)
    if getattr(getattr(diffusers, model.pipeline_class, None), "_load_connected_pipes", False):
        raise ModelInvalid(
            f"{model.id} is a {model.pipeline_class}, which fetches other repositories at no fixed revision. "
            "Take it out of models/catalogue.toml, or name the classes that it is made of, one entry each."
        )
    log.info("downloading", extra={"model": model.id, "repository": repository, "revision": model.revision})
    fetch: Any = diffusers.DiffusionPipeline.download
    with _explained(repository):
        folder = Path(fetch(repository, revision=model.revision, variant=model.variant, use_safetensors=True))
    check_download(folder)
    return folder


def check_download(folder: Path) -> None:
    """Compare each large file below it with the checksum by which the hub names it, once.

    Raises `ModelInvalid` and removes what is wrong.
    """
    marker = folder / CHECKED
    checked = set(marker.read_text(encoding="utf-8").split()) if marker.is_file() else set()
    for file in sorted(folder.rglob("*.safetensors")):
        content = file.resolve()
        if not LFS.fullmatch(content.name) or content.name in checked:
            continue
        if sha256_of(content) != content.name:
            file.unlink()
            content.unlink()
            raise ModelInvalid(
                f"{file.name} did not arrive as the hub has it, and was removed. Start the worker again: it is "
                "then downloaded once more."
            )
        try:
            with marker.open("a", encoding="utf-8") as lines:
                lines.write(f"{content.name}\n")
        except OSError as error:  # the cache can be read only; the file is whole, and compared again next time
            log.warning("checksum_not_remembered", extra={"file": str(file), "reason": error.strerror})


def sha256_of(file: Path) -> str:
    """In hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _explained(repository: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise ModelInvalid(_why_not(repository, error)) from error


def _why_not(repository: str, error: BaseException) -> str:
    causes = [error]
    while (cause := causes[-1].__cause__) is not None:  # diffusers wraps what the hub's client raises
        causes.append(cause)
    if any(isinstance(one, errors.GatedRepoError) for one in causes):
        return (
            f"{repository} is gated: accept its terms at https://huggingface.co/{repository}, and set HF_TOKEN on "
            "the endpoint to a token that may read it."
        )
    if any(isinstance(one, OSError) and one.errno == errno.ENOSPC for one in causes):
        return (
            f"{repository} does not fit on the disk. Give the endpoint's container a larger one, or a network "
            "volume with HF_HOME on it, or bake the model into the image (python -m worker.bake)."
        )
    if any(isinstance(one, NOT_THERE) for one in causes):
        return (
            f"The hub has no {repository} at this revision, or not this file of it, or HF_TOKEN may not see it: "
            "correct the entry in models/catalogue.toml, or the token."
        )
    if any(isinstance(one, NO_ANSWER) for one in causes):
        return (
            f"{repository} could not be downloaded: {type(causes[-1]).__name__}. Where the hub cannot be reached, "
            "bake the model into the image (python -m worker.bake), or put it on a network volume; see "
            "docs/models.md."
        )
    return (
        f"{repository} cannot be taken from the hub: {reason_of(error)}. Only whole pipelines of diffusers' own "
        "classes with safetensors are; see docs/models.md."
    )


def _whole_on_this_machine(model: Model, baked: Path) -> Path | None:
    return _on_this_machine(
        model.source,
        model.revision,
        name=model.id,
        baked=baked,
        is_enough=lambda folder: _is_whole(folder, model.variant),
    )


def _on_this_machine(
    source: Source, revision: str, *, name: str, baked: Path, is_enough: Callable[[Path], bool]
) -> Path | None:
    """RunPod's cache is only looked into: what is not there yet of a repository may be elsewhere."""
    if source.folder is not None:
        places = NETWORK_VOLUME / source.folder, baked / source.folder
        return next((folder for folder in places if folder.is_dir()), None)
    cached = RUNPOD_CACHE / f"models--{str(source.repository).replace('/', '--')}" / "snapshots" / revision
    if is_enough(cached):
        return cached
    for folder in (NETWORK_VOLUME / name, baked / name):
        if folder.is_dir():
            _check_revision(folder, revision)
            return folder
    return None


def _has(folder: Path, files: Collection[str]) -> bool:
    return all((folder / file).is_file() for file in files)


def _is_whole(folder: Path, variant: str | None) -> bool:
    """Whether a pipeline's parts are all there, with their weights. Caches are filled one file after another."""
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        shards = [
            (part.parent, json.loads(part.read_text(encoding="utf-8"))["weight_map"].values())
            for part in folder.glob(f"*/*.safetensors.index{'.' + variant if variant else ''}.json")
        ]
    except (OSError, ValueError):
        return False
    named = [folder / name for name, of in index.items() if _is_part(name, of)]
    return all(_has_weights(part) for part in named) and all(_has(part, {*files}) for part, files in shards)


def _is_part(name: str, of: object) -> bool:
    """Of an index: whether it is a part that there is, with its library and its class."""
    return not name.startswith("_") and isinstance(of, list) and [type(word) for word in of] == [str, str]


def _has_weights(part: Path) -> bool:
    """A scheduler or a tokenizer has none, and its settings have another name."""
    return part.is_dir() and (not (part / "config.json").is_file() or any(part.glob("*.safetensors")))


def _check_revision(folder: Path, revision: str) -> None:
    marked = folder / REVISION
    found = marked.read_text(encoding="utf-8").strip() if marked.is_file() else "not said"
    if found != revision:
        raise ModelInvalid(
            f"{folder} should hold revision {revision}; by its {REVISION} it is {found}. "
            "Make it with python -m worker.bake, or remove it."
        )
