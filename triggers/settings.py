"""What the functions are told by their environment, read once."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from adapters import blocklist_file
from contracts.webhook_token import check_secret

# Named in firebase.json's functions by their parameters, see main.py.
RUNPOD_API_KEY = "RUNPOD_API_KEY"
RUNPOD_ENDPOINT_ID = "RUNPOD_ENDPOINT_ID"
RUNPOD_BASE_URL = "RUNPOD_BASE_URL"
WEBHOOK_URL = "RUNPOD_WEBHOOK_URL"
WEBHOOK_SECRET = "RUNPOD_WEBHOOK_SECRET"  # noqa: S105 - the variable's name


class SettingsInvalid(Exception):  # noqa: N818 - read by whoever deploys
    """A setting is missing or broken. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the functions need to know."""

    project_id: str
    bucket: str
    runpod_base_url: str
    runpod_endpoint_id: str
    runpod_api_key: str = field(repr=False)
    storage_emulator: str | None
    webhook_url: str
    """Of the function `on_runpod_webhook`; empty where RunPod shall call nobody."""
    webhook_secret: str = field(repr=False)
    input_check: str
    """`package.module:factory` of what says which texts may be asked for."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment. Raises `SettingsInvalid` naming the variable."""
        firebase = json.loads(environment.get("FIREBASE_CONFIG", "{}"))
        return cls(
            project_id=_given(firebase.get("projectId"), "FIREBASE_CONFIG has no projectId"),
            bucket=_given(firebase.get("storageBucket"), "FIREBASE_CONFIG has no storageBucket: enable Storage"),
            runpod_base_url=_given(
                environment.get(RUNPOD_BASE_URL), f"set {RUNPOD_BASE_URL} in triggers/.env.<project>"
            ),
            runpod_endpoint_id=_given(
                environment.get(RUNPOD_ENDPOINT_ID), f"set {RUNPOD_ENDPOINT_ID} in triggers/.env.<project>"
            ),
            runpod_api_key=_given(
                environment.get(RUNPOD_API_KEY), f"run: firebase functions:secrets:set {RUNPOD_API_KEY}"
            ),
            storage_emulator=environment.get("STORAGE_EMULATOR_HOST"),
            webhook_url=environment.get(WEBHOOK_URL, ""),
            webhook_secret=_long_enough(environment.get(WEBHOOK_SECRET, "")),
            input_check=environment.get(blocklist_file.INPUT_CHECK) or blocklist_file.USUAL,
        )


def _long_enough(secret: str) -> str:
    try:
        return check_secret(secret)
    except ValueError as error:
        message = f"{error}; run: openssl rand -hex 32 | firebase functions:secrets:set {WEBHOOK_SECRET}"
        raise SettingsInvalid(message) from None


def _given(value: str | None, otherwise: str) -> str:
    if not value:
        raise SettingsInvalid(otherwise)
    return value
