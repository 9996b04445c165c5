"""What the worker is told by its environment, read once at start."""

import importlib.util
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from google.oauth2.service_account import Credentials

from adapters import blocklist_file
from adapters.object_urls import ObjectUrls
from worker.cannot_start import SettingsInvalid
from worker.held import MOST
from worker.preset import Preset

KEY = "FIREBASE_SERVICE_ACCOUNT_KEY"
BUCKET = "FIREBASE_STORAGE_BUCKET"
BUCKET_PATTERN = r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"  # https://cloud.google.com/storage/docs/buckets#naming
DEFAULT_BUCKET_DOMAINS = (".firebasestorage.app", ".appspot.com")  # a project's own bucket is {project}{domain}
OUTPUT_CHECK = "SAFELIGHT_OUTPUT_CHECK"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
MODELS_FOLDER = Path(__file__).parent.parent / "models"


@dataclass(frozen=True, kw_only=True)
class Firebase:
    """Where documents and objects are, and the right to write them."""

    project_id: str
    bucket: str
    credentials: Credentials = field(repr=False)
    object_urls: ObjectUrls
    storage_emulator: str | None
    """`http://host:port` of the Storage emulator, when there is one."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the worker needs to know."""

    firebase: Firebase | None
    """None: only jobs with `use_cloud_storage: false` can be served."""
    models_folder: Path
    models: tuple[str, ...]
    """Ids of the catalogue's models to load; empty: all of them."""
    jobs_held: int | None = None
    """How many jobs to have at once; None: as many as the warm-up finds right."""
    input_check: str = blocklist_file.USUAL
    """`package.module:factory` of what says which texts may be asked for, of direct jobs."""
    output_check: str | None = None
    """`package.module:factory` of what says which pictures may be stored; None: all."""
    compile_cache: Path | None = None
    """The folder with what torch has compiled; None: each worker compiles for itself."""
    lossy: frozenset[Preset] = frozenset()
    """What may change pictures to be faster."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment. Raises `SettingsInvalid` with a sentence that says what to do."""
        models = environment.get("SAFELIGHT_MODELS", "")
        return cls(
            firebase=_firebase(environment),
            models_folder=Path(environment.get("SAFELIGHT_MODELS_FOLDER") or MODELS_FOLDER),
            models=tuple(name.strip() for name in models.split(",") if name.strip()),
            jobs_held=_jobs_held(environment.get("SAFELIGHT_JOBS_HELD", "")),
            input_check=environment.get(blocklist_file.INPUT_CHECK) or blocklist_file.USUAL,
            output_check=environment.get(OUTPUT_CHECK) or None,
            compile_cache=Path(folder) if (folder := environment.get("SAFELIGHT_COMPILE_CACHE")) else None,
            lossy=_lossy(environment.get("SAFELIGHT_LOSSY", "")),
        )


def _lossy(text: str) -> frozenset[Preset]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in set(Preset)]:
        raise SettingsInvalid(
            f"SAFELIGHT_LOSSY names {unknown[0]}; it can be {', '.join(Preset)}, with commas between them. "
            "Leave it out, and no picture is changed to be faster."
        )
    if Preset.FP8 in names and importlib.util.find_spec("torchao") is None:
        raise SettingsInvalid(
            f"SAFELIGHT_LOSSY has {Preset.FP8}, and torchao is not installed. Add it to the worker's image "
            "(pip install torchao==0.18.0), or leave it out."
        )
    return frozenset(map(Preset, names))


def _jobs_held(text: str) -> int | None:
    if text and not (text.isdecimal() and 1 <= int(text) <= MOST):
        raise SettingsInvalid(
            f"SAFELIGHT_JOBS_HELD is {text}; it can be a whole number from 1 to {MOST}. "
            "Leave it out, and the worker finds a good one."
        )
    return int(text) if text else None


def _firebase(environment: Mapping[str, str]) -> Firebase | None:
    key, bucket = environment.get(KEY, ""), environment.get(BUCKET, "")
    if not key and not bucket:
        return None
    if not key:
        raise SettingsInvalid(
            f"{KEY} is not set. Set it to the whole JSON of a service account key: Firebase console, "
            "Project settings, Service accounts, Generate new private key."
        )
    if not bucket:
        raise SettingsInvalid(
            f"{BUCKET} is not set. Set it to the bucket's name, such as my-app.firebasestorage.app."
        )
    _check_bare_name(bucket)
    info = _service_account_info(key)
    _check_same_project(info["project_id"], bucket)
    return Firebase(
        project_id=info["project_id"],
        bucket=bucket,
        credentials=_credentials(info),
        object_urls=_object_urls(environment.get("SAFELIGHT_OBJECT_URLS", ObjectUrls.DOWNLOAD)),
        storage_emulator=environment.get("STORAGE_EMULATOR_HOST"),
    )


def _service_account_info(key: str) -> dict[str, Any]:
    try:
        info = json.loads(key)
    except ValueError:
        raise SettingsInvalid(
            f"{KEY} is not JSON. Set it to the content of the key file that Firebase gave you, not to its path, "
            "and quote it so that your shell leaves it whole."
        ) from None
    if not isinstance(info, dict) or not isinstance(info.get("project_id"), str) or not info["project_id"]:
        raise SettingsInvalid(f"{KEY} is JSON, but no service account key: it has no project_id.")
    return info


def _credentials(info: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the library is untyped
    try:
        return Credentials.from_service_account_info(info, scopes=SCOPES)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):  # TypeError: the private key is encrypted
        raise SettingsInvalid(
            f"{KEY} is no complete service account key: its private_key, client_email or token_uri is missing "
            "or damaged. Generate a new key and set the whole of it."
        ) from None


def _check_bare_name(bucket: str) -> None:
    if not re.fullmatch(BUCKET_PATTERN, bucket):
        # What is there instead is not repeated: it can be the key, in the wrong variable.
        raise SettingsInvalid(
            f"{BUCKET} is no bucket's name. Set it to the bare name, such as my-app.firebasestorage.app, "
            "without gs://, a path or spaces."
        )


def _check_same_project(project_id: str, bucket: str) -> None:
    for domain in DEFAULT_BUCKET_DOMAINS:
        if bucket.endswith(domain) and bucket != project_id + domain:
            raise SettingsInvalid(
                f"{KEY} is for the project {project_id}, but {BUCKET} is {bucket}, the bucket of another one. "
                "Set both from the same project."
            )


def _object_urls(kind: str) -> ObjectUrls:
    try:
        return ObjectUrls(kind)
    except ValueError:
        raise SettingsInvalid(f"SAFELIGHT_OBJECT_URLS is {kind}; it can be {', '.join(ObjectUrls)}.") from None
